//! `docs/record.md` and `docs/formats.md` hold the tables in code, field by field.
//!
//! After a change of the table: `DRAWBRIDGE_BLESS=1 cargo test -p drawbridge-record`.

use std::fs;

use drawbridge_record::siem::SIEM;
use drawbridge_record::{Body, Format, Rewrite, formats};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/record.md");
const BEGIN: &str = "<!-- keys: written by the tests of shared/record from the table in code -->\n";
const END: &str = "<!-- end of keys -->";

#[test]
fn the_page_holds_the_table() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table(&SIEM);
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(
        written, table,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew docs/record.md"
    );
}

/// `docs/formats.md`, all of it.
#[test]
fn the_page_of_formats_holds_every_field() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let mut page = String::from(
        "# The formats\n\n<!-- written by the tests of shared/record from the tables in code -->\n\n\
         At the end of this page you know every field of every format, and which property of Graph it \
         comes from.\n\n\
         `drawbridge map --format NAME` writes any of them, and `drawbridge explain --format NAME` \
         says of each value where it came from. An output names the one it wants. A program \
         reads them in [schema/](schema/): the formats whose body is JSON as JSON Schema, `cef` and \
         `leef` as lists of their fields with types and limits, and in `versions.toml` the versions \
         of what a reader may rely on. A version is of names, types (`x-ecs-type` is Elasticsearch's, \
         where JSON has only strings), limits and constants. Where a value comes from and by which rule, \
         such as the severities of CEF, is `description`, in words that may get better without a \
         version: if a value itself changes, the changelog says so.\n\n\
         | format | body | written again |\n|---|---|---|\n",
    );
    for format in formats() {
        let body = match format.body() {
            Body::Json => "JSON",
            Body::Text => "text",
        };
        let again = match format.rewrite() {
            Rewrite::Never => "never; new evidence makes a new record",
            Rewrite::Changes => "when the alert has changed",
        };
        page.push_str(&format!(
            "| [`{0}`](#{0}) | {body} | {again} |\n",
            format.name()
        ));
    }
    page.push_str(
        "\nAn alert has changed if it says something other than when it was last written. These are no \
         change:\n\n\
         - its time, `lastUpdateDateTime`, alone;\n\
         - a property that is absent and was null or empty, or the other way round;\n\
         - members in another order, and another order of evidence, tags, roles and the other lists of \
         Graph whose order says nothing;\n\
         - an escape for a character, or another spelling of a number or of an instant.\n\n\
         Words of a command line (`args`, `command`), `initContainers` and lists that Graph's types do \
         not name keep their order. The key of such a record is made of the alert's id, of what the \
         alert says and of the instant of `lastUpdateDateTime`: the same version has the same key, \
         whatever its text.\n",
    );
    for format in formats() {
        let (name, version) = (format.name(), format.schema_version());
        page.push_str(&format!(
            "\n## {name}\n\n{} Schema version {version}.\n",
            format.about()
        ));
        page.push_str(&table(*format));
    }
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(PAGE, page).unwrap();
        return;
    }
    let written = fs::read_to_string(PAGE).unwrap();
    assert!(
        written == page,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew docs/formats.md"
    );
}

fn table(format: &dyn Format) -> String {
    let mut table = String::from("\n| # | field | type | from | rule |\n|---|---|---|---|---|\n");
    for (number, field) in format.fields().iter().enumerate() {
        let row = format!(
            "| {} | {} | {} | {} | {} |\n",
            number + 1,
            field.name,
            field.kind,
            field.from,
            field.rule
        );
        table.push_str(&row);
    }
    table.push('\n');
    table
}
