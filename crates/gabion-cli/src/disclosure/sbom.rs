//! The bill of materials of a firmware: the crates that really go into it for one target, as CycloneDX 1.5 or SPDX 2.3.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use gabion_crypto::{Sha256 as _, Software};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::hex::hex;

/// One crate that goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence expression, where it states one.
    pub licence: Option<String>,
    /// SHA-256 of its source archive from the lock file, where it has one.
    pub checksum: Option<String>,
    /// The features that are on.
    pub features: Vec<String>,
    /// What it depends on, by index.
    pub needs: BTreeSet<usize>,
}

/// The tree of one firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The crates; the firmware itself is the first.
    pub components: Vec<Component>,
    /// The target that it was resolved for.
    pub target: String,
}

/// What to resolve.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The manifest of the package or its workspace.
    pub manifest: &'a Path,
    /// The package.
    pub package: &'a str,
    /// The target, such as `thumbv7em-none-eabi`; others' dependencies are left out.
    pub target: &'a str,
    /// Features to switch on, as cargo takes them.
    pub features: &'a [String],
    /// Leave out the default features.
    pub no_default_features: bool,
}

impl Request<'_> {
    /// Asks cargo for the tree: normal dependencies only, not those of build scripts and tests. The lock file must be current.
    ///
    /// # Errors
    ///
    /// When cargo fails or knows no such package.
    pub fn resolve(&self) -> anyhow::Result<Tree> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            self.target,
        ]);
        cargo.arg("--manifest-path").arg(self.manifest);
        if !self.features.is_empty() {
            cargo.arg("--features").arg(self.features.join(","));
        }
        if self.no_default_features {
            cargo.arg("--no-default-features");
        }
        let output = cargo.output().context("cannot run cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let root = metadata["workspace_root"].as_str().context("cargo names no workspace")?;
        let lock =
            std::fs::read_to_string(Path::new(root).join("Cargo.lock")).context("Cargo.lock")?;
        tree(&metadata, &checksums(&lock)?, self.package, self.target)
    }
}

fn checksums(lock: &str) -> anyhow::Result<BTreeMap<(String, String), String>> {
    let lock: toml::Value = toml::from_str(lock).context("Cargo.lock")?;
    let packages =
        lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock has no package")?;
    let text = |package: &toml::Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    Ok(packages
        .iter()
        .filter_map(|p| Some(((text(p, "name")?, text(p, "version")?), text(p, "checksum")?)))
        .collect())
}

fn tree(
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
    package: &str,
    target: &str,
) -> anyhow::Result<Tree> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .filter_map(|p| Some((text(&p["id"])?, p)))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .filter_map(|n| Some((text(&n["id"])?, n)))
        .collect();
    let members: Vec<String> =
        list(&metadata["workspace_members"]).iter().filter_map(text).collect();
    let root = members
        .iter()
        .find(|id| packages.get(*id).is_some_and(|p| p["name"] == package))
        .with_context(|| format!("the workspace has no package {package:?}"))?;
    let mut order = vec![root.clone()];
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut queue = VecDeque::from([root.clone()]);
    while let Some(id) = queue.pop_front() {
        let node = nodes.get(&id).with_context(|| format!("cargo resolved no {id}"))?;
        for dependency in list(&node["deps"]) {
            let normal = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let Some(to) = text(&dependency["pkg"]).filter(|_| normal) else { continue };
            // A procedural macro runs on the builder's machine; nothing of it goes in.
            let is_macro = packages.get(&to).is_some_and(|p| {
                list(&p["targets"])
                    .iter()
                    .any(|t| list(&t["kind"]).iter().any(|k| k == "proc-macro"))
            });
            if is_macro {
                continue;
            }
            edges.entry(id.clone()).or_default().insert(to.clone());
            if !order.contains(&to) {
                order.push(to.clone());
                queue.push_back(to);
            }
        }
    }
    // The firmware first, then by name and version: two machines write the same bytes.
    let key = |id: &String| packages.get(id).map(|p| (text(&p["name"]), text(&p["version"])));
    order[1..].sort_by_key(key);
    let place = |id: &String| order.iter().position(|other| other == id);
    let mut components = Vec::new();
    for id in &order {
        let p = packages.get(id).with_context(|| format!("cargo describes no {id}"))?;
        let (Some(name), Some(version)) = (text(&p["name"]), text(&p["version"])) else {
            bail!("cargo names no package {id}");
        };
        components.push(Component {
            checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
            licence: text(&p["license"]),
            features: nodes
                .get(id)
                .map(|n| list(&n["features"]).iter().filter_map(text).collect())
                .unwrap_or_default(),
            needs: edges.get(id).into_iter().flatten().filter_map(place).collect(),
            name,
            version,
        });
    }
    Ok(Tree { components, target: target.to_owned() })
}

impl Component {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}

/// Returns the SHA-256 of a file's content in hexadecimal: what goes into the image's protected TLV.
#[must_use]
pub fn digest(content: &str) -> ([u8; 32], String) {
    let digest = Software.sha256(&[content.as_bytes()]);
    (digest, hex(&digest))
}

impl Tree {
    /// Writes CycloneDX 1.5 in JSON. The same tree gives the same bytes: no time, no random number.
    #[must_use]
    pub fn cyclonedx(&self) -> String {
        let reference = |c: &Component| c.purl();
        let component = |c: &Component, kind: &str| {
            let mut value = json!({
                "type": kind, "bom-ref": reference(c), "name": c.name, "version": c.version, "purl": c.purl(),
            });
            if let Some(licence) = &c.licence {
                value["licenses"] = json!([{ "expression": expression(licence) }]);
            }
            if let Some(checksum) = &c.checksum {
                value["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
            }
            if !c.features.is_empty() {
                value["properties"] =
                    json!([{ "name": "cargo:features", "value": c.features.join(",") }]);
            }
            value
        };
        let (first, rest) = match self.components.split_first() {
            Some((first, rest)) => (component(first, "firmware"), rest),
            None => (Value::Null, [].as_slice()),
        };
        let dependencies: Vec<Value> = self
            .components
            .iter()
            .map(|c| json!({ "ref": reference(c), "dependsOn": c.needs.iter().map(|n| reference(&self.components[*n])).collect::<Vec<_>>() }))
            .collect();
        let mut bom = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": first,
                "properties": [{ "name": "cargo:target", "value": self.target }],
                "tools": { "components": [{ "type": "application", "name": "gabion", "version": env!("CARGO_PKG_VERSION") }] },
            },
            "components": rest.iter().map(|c| component(c, "library")).collect::<Vec<_>>(),
            "dependencies": dependencies,
        });
        bom["serialNumber"] = format!("urn:uuid:{}", uuid(&bom.to_string())).into();
        pretty(&bom)
    }

    /// Writes SPDX 2.3 in JSON. The format wants a time of creation.
    #[must_use]
    pub fn spdx(&self, created: Timestamp) -> String {
        let id = |at: usize| format!("SPDXRef-Package-{at}");
        let packages: Vec<Value> = self
            .components
            .iter()
            .enumerate()
            .map(|(at, c)| {
                let licence = c.licence.as_ref().map_or_else(|| "NOASSERTION".to_owned(), |l| expression(l));
                let mut value = json!({
                    "SPDXID": id(at), "name": c.name, "versionInfo": c.version, "downloadLocation": "NOASSERTION",
                    "filesAnalyzed": false, "licenseConcluded": "NOASSERTION", "licenseDeclared": licence,
                    "copyrightText": "NOASSERTION",
                    "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": c.purl() }],
                });
                if let Some(checksum) = &c.checksum {
                    value["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": checksum }]);
                }
                value
            })
            .collect();
        let mut relationships = vec![
            json!({ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": id(0) }),
        ];
        for (at, component) in self.components.iter().enumerate() {
            relationships.extend(component.needs.iter().map(|to| {
                json!({ "spdxElementId": id(at), "relationshipType": "DEPENDS_ON", "relatedSpdxElement": id(*to) })
            }));
        }
        let name = self
            .components
            .first()
            .map_or_else(String::new, |c| format!("{}-{}", c.name, c.version));
        let body = json!({ "packages": packages, "relationships": relationships });
        pretty(&json!({
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": name,
            "documentNamespace": format!("urn:uuid:{}", uuid(&format!("{}{body}", self.target))),
            "creationInfo": {
                "created": created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "creators": [format!("Tool: gabion-{}", env!("CARGO_PKG_VERSION"))],
            },
            "packages": packages,
            "relationships": relationships,
        }))
    }
}

/// Cargo's old way to write alternatives is no SPDX expression.
fn expression(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// A UUID of version 8 (RFC 9562 §5.8) from the content's digest.
fn uuid(content: &str) -> String {
    let (mut bytes, _) = digest(content);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes[..16]);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

pub(super) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
