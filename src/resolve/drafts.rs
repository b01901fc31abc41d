//! The drafts of a pipeline, found by the names that people use for them.

use std::collections::BTreeMap;
use std::ops::Deref;

use super::steps::Draft;

/// The drafts in the order of the spec. A lookup by name costs the same however many there are.
pub(super) struct Drafts<'a> {
    all: Vec<Draft<'a>>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_id: BTreeMap<String, usize>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(all: Vec<Draft<'a>>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, draft) in all.iter().enumerate() {
            by_name.entry(draft.name.clone()).or_default().push(index);
        }
        let by_id = all.iter().enumerate().map(|(index, draft)| (draft.id.clone(), index)).collect();
        Self { all, by_name, by_id }
    }

    /// Indexes of the drafts of a step, one for each cell of its matrix.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// True for a step without a matrix, and for the first cell of one: what is written once is looked at once.
    pub(super) fn is_first(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|draft| self.named(&draft.name).first() == Some(&index))
    }

    /// Indexes of the drafts that a name or a cell's id stands for.
    pub(super) fn meant(&self, name: &str) -> Vec<usize> {
        let one = self.by_id.get(name).filter(|_| self.named(name).is_empty());
        one.map_or_else(|| self.named(name).to_vec(), |&index| vec![index])
    }
}

impl<'a> Deref for Drafts<'a> {
    type Target = [Draft<'a>];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}
