//! Checks that the modules of the store import each other in one direction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use vdk_testing::inventory;

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns the modules that each module imports from.
fn graph() -> Graph {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut graph = Graph::new();
    for path in inventory::files(&source) {
        let name = path.strip_prefix(&source).unwrap().with_extension("");
        let name = name.to_str().unwrap().replace("/mod", "").replace('/', "::");
        if name == "lib" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let parent = name.rsplit_once("::").map_or("", |(parent, _)| parent).to_string();
        let base = if path.ends_with("mod.rs") { &name } else { &parent };
        let imports = text.lines().filter_map(|line| {
            let line = line.trim_start_matches("pub ").strip_prefix("use ")?;
            let path = match line.split_once("::")? {
                ("crate", path) => path.to_string(),
                ("super", path) => format!("{base}::{path}"),
                (child, _) if source.join(&name).join(format!("{child}.rs")).exists() => {
                    format!("{name}::{child}")
                }
                _ => return None,
            };
            // The module ends where a brace or a type begins.
            let is_module = |part: &&str| part.starts_with(|c: char| c.is_ascii_lowercase());
            let parts: Vec<&str> = path.split("::").take_while(is_module).collect();
            let is_file = |parts: &&[&str]| {
                let file = source.join(parts.join("/"));
                file.is_dir() || file.with_extension("rs").exists()
            };
            (1..=parts.len()).rev().map(|n| &parts[..n]).find(is_file).map(|parts| parts.join("::"))
        });
        graph.insert(name.clone(), imports.collect());
    }
    graph
}

/// Returns a path from `module` that ends in a module that is on it already.
fn circle(graph: &Graph, module: &str, path: &mut Vec<String>) -> bool {
    let is_on_path = path.iter().any(|other| other == module);
    path.push(module.into());
    let found = is_on_path || graph[module].iter().any(|next| circle(graph, next, path));
    if !found {
        path.pop();
    }
    found
}

#[test]
fn modules_import_in_one_direction() {
    let graph = graph();
    assert!(graph["store"].contains("database::header"), "{graph:?}");
    assert!(graph["keys"].contains("keys::local"), "{graph:?}");
    for module in graph.keys() {
        let mut path = Vec::new();
        assert!(!circle(&graph, module, &mut path), "modules import in a circle: {path:?}");
    }
}
