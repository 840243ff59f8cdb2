#!/bin/sh
# Makes the chain in this folder with OpenSSL, so that not only our own test code writes what our code reads.
# The keys are thrown away; a new run makes other bytes, and tests/vectors.rs needs the new times then.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"; }
key root; key inter; key leaf
openssl req -x509 -new -key "$work/root.key" -subj "/O=Example/CN=Root" -days 7300 -out "$work/root.pem"
openssl req -new -key "$work/inter.key" -subj "/O=Example/CN=Intermediate" -out "$work/inter.csr"
cat > "$work/inter.ext" <<X
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always,issuer:always
nameConstraints=critical,permitted;DNS:example.com,permitted;IP:192.0.2.0/255.255.255.0,excluded;DNS:secret.example.com
X
openssl x509 -req -in "$work/inter.csr" -CA "$work/root.pem" -CAkey "$work/root.key" -CAcreateserial -days 3650 \
  -extfile "$work/inter.ext" -out "$work/inter.pem"
openssl req -new -key "$work/leaf.key" -subj "/CN=fleet.example.com" -out "$work/leaf.csr"
cat > "$work/leaf.ext" <<X
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:fleet.example.com,DNS:*.dev.example.com,IP:192.0.2.7
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
certificatePolicies=1.2.3.4
X
openssl x509 -req -in "$work/leaf.csr" -CA "$work/inter.pem" -CAkey "$work/inter.key" -CAcreateserial -days 365 \
  -extfile "$work/leaf.ext" -out "$work/leaf.pem"
# Proof of possession: a signature over what TLS 1.3 signs (RFC 8446, 4.4.3), for a transcript hash of 32 bytes 0x2a.
{ printf '%64s' ''; printf 'TLS 1.3, server CertificateVerify\0'; head -c 32 /dev/zero | tr '\0' '*'; } > "$work/content"
openssl dgst -sha256 -sign "$work/leaf.key" -out certificate_verify.sig "$work/content"
for one in root inter leaf; do openssl x509 -in "$work/$one.pem" -outform DER -out "$one.der"; done
rm -r "$work"
