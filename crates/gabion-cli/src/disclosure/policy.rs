//! The policy page (EN 303 645 5.2-1): whom to tell, how fast an answer comes, what happens then.

use super::facts::Facts;

/// Writes the page in Markdown.
#[must_use]
pub fn markdown(facts: &Facts) -> String {
    let (m, r, p) = (&facts.manufacturer, &facts.response, &facts.product);
    let contacts: String = m.contacts.iter().map(|contact| format!("- <{contact}>\n")).collect();
    let encryption = m
        .encryption
        .as_ref()
        .map(|page| format!("Encrypt what is sensitive; our key: <{page}>.\n"))
        .unwrap_or_default();
    let thanks = m
        .acknowledgments
        .as_ref()
        .map(|page| format!(" We thank reporters at <{page}>, if they like."))
        .unwrap_or_default();
    let languages = if m.languages.is_empty() { "en".to_owned() } else { m.languages.join(", ") };
    format!(
        "# Reporting a vulnerability to {name}\n\
         \n\
         You found a security problem in {model} or in a service that belongs to it? Please tell us. Everybody may report; no\n\
         contract and no account is needed.\n\
         \n\
         ## Where\n\
         \n\
         {contacts}\n\
         Languages: {languages}.\n\
         {encryption}\n\
         Helpful: model and software version, what you did, what happened, what you think it allows.\n\
         \n\
         ## What happens then\n\
         \n\
         | step | when |\n\
         |---|---|\n\
         | We acknowledge your report | within {ack} day(s) |\n\
         | We tell you how it stands | every {update} day(s), until it is closed |\n\
         | We fix it, or say why not | within {fix} day(s), as a target |\n\
         | We publish an advisory and name you, if you like | with the fix |\n\
         \n\
         ## What you can count on\n\
         \n\
         We take no legal steps against whoever reports in good faith, touches only devices of their own, harms nobody's data, and\n\
         gives us the time above before publishing.{thanks}\n\
         \n\
         ## How long we fix\n\
         \n\
         {model} gets security updates until **{until}**.\n",
        name = m.name,
        model = p.model,
        ack = r.acknowledge_within_days,
        update = r.update_every_days,
        fix = r.fix_within_days,
        until = p.support_until,
    )
}
