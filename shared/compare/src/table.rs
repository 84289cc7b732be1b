//! A table as Splunk writes it with `output_mode=json_rows` and `json_cols`, and Elastic as the answer
//! of ES|QL and SQL: the names once, and the values by row or by column.

use serde_json::{Map, Value};

/// The rows, each as an object. One that has more or fewer values than there are names is `null`.
pub(crate) fn rows(map: &Map<String, Value>) -> Option<Vec<Value>> {
    let list = |name: &str| map.get(name).and_then(Value::as_array);
    let columns = list("columns");
    let names = list("fields").or(columns)?;
    let names: Vec<&str> = names
        .iter()
        .map(|field| field.as_str().or_else(|| field.get("name")?.as_str()))
        .collect::<Option<_>>()?;
    if let Some(rows) = list("rows").or_else(|| list("values")) {
        let row = |row: &Value| match row {
            Value::Array(values) => object(&names, values.clone()),
            _ => Value::Null,
        };
        return Some(rows.iter().map(row).collect());
    }
    let columns: Vec<&Vec<Value>> = columns?
        .iter()
        .map(Value::as_array)
        .collect::<Option<_>>()?;
    let count = columns.iter().map(|column| column.len()).max()?;
    let value = |column: &Vec<Value>, n: usize| column.get(n).unwrap_or(&Value::Null).clone();
    let rows = (0..count).map(|n| {
        let values = columns.iter().map(|column| value(column, n));
        object(&names, values.collect())
    });
    Some(rows.collect())
}

fn object(names: &[&str], values: Vec<Value>) -> Value {
    if names.len() != values.len() {
        return Value::Null;
    }
    let members = names.iter().map(|name| (*name).to_owned()).zip(values);
    Value::Object(members.collect())
}
