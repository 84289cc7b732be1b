use super::technique;
use super::write::Out;
use crate::tactic;
use crate::tree::Object;

/// `finding_info.attacks`: the categories that are tactics, then the techniques. Graph does not say
/// which technique served which tactic, so neither does the record.
pub(super) fn attacks(out: &mut Out, alert: &Object<'_>, categories: &[&str]) {
    out.list("attacks", |out| {
        let tactics = categories.iter();
        for (category, it) in tactics.filter_map(|c| Some((*c, tactic::of_category(c)?))) {
            out.made_of([Some(category)], |out| {
                out.item(|out| {
                    out.object("tactic", |out| {
                        out.text("uid", Some(it.id));
                        out.text("name", Some(it.name));
                    });
                });
            });
        }
        for id in alert.take_texts("mitreTechniques", |_| true) {
            let parent = parent(id);
            out.item(|out| {
                out.object("technique", |out| whole(out, parent.unwrap_or(id)));
                if parent.is_some() {
                    out.object("sub_technique", |out| whole(out, id));
                }
            });
        }
    });
}

fn whole(out: &mut Out, id: &str) {
    out.text("uid", Some(id));
    out.text("name", technique::name(id));
}

/// The technique of a sub-technique: `T1059` of `T1059.001`.
fn parent(id: &str) -> Option<&str> {
    let (technique, number) = id.rsplit_once('.')?;
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !technique.is_empty()).then_some(technique)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_technique_has_a_technique() {
        assert_eq!(parent("T1059.001"), Some("T1059"));
        assert_eq!(parent("AML.T0051.001"), Some("AML.T0051"));
        for id in ["T1059", "AML.T0051", "T1059.1", ".001", "T1059.0x1"] {
            assert_eq!(parent(id), None, "{id}");
        }
    }
}
