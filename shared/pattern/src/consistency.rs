//! Fields named together must come from the same element of every array that they share.

use crate::event::Element;

/// Work limit for choosing among several arrays, counted in fields times elements visited. When it
/// is used up, the fields count as inconsistent.
///
/// A choice exists only if an event repeats the key of an array, and many such choices multiply
/// into all their combinations. An event written by a JSON library has none.
const MAX_WORK_ON_CHOICES: usize = 10_000_000;

/// Checks whether one place can be picked for every field so that no two lie in different elements
/// of one array.
///
/// `places` holds, for each field, the sorted elements of its satisfying values, at least one.
/// Elements form a tree, and the search descends it once: all fields inside an array enter it
/// together, one element after another.
pub(crate) fn consistent(elements: &[Element], places: &[&[usize]]) -> bool {
    let mut search = Search {
        elements,
        work_left: MAX_WORK_ON_CHOICES,
    };
    search.within(0, places.to_vec())
}

struct Search<'e> {
    elements: &'e [Element],
    work_left: usize,
}

/// An array directly inside an element, and the range of all elements below it.
#[derive(Clone, Copy, PartialEq)]
struct Array {
    first: usize,
    end: usize,
}

/// The fields of one element, grouped by the array that must supply them.
enum FieldGroup<'p> {
    /// At least one field has no place.
    Impossible,
    /// Each field has places in exactly one array.
    Together(Vec<(Array, Vec<&'p [usize]>)>),
    /// One field has places in several arrays; they are grouped by array.
    Choice {
        fields: Vec<&'p [usize]>,
        position: usize,
        parts: Vec<&'p [usize]>,
    },
}

impl Search<'_> {
    fn end(&self, element: usize) -> usize {
        self.elements.get(element).map_or(element + 1, |e| e.end)
    }

    fn array(&self, element: usize) -> Option<usize> {
        self.elements.get(element).map(|e| e.array)
    }

    /// Checks whether the fields can be placed inside `element`, which contains all their places.
    ///
    /// Recurses for every list inside a list, so it uses little stack: loops, no closures.
    fn within(&mut self, element: usize, fields: Vec<&[usize]>) -> bool {
        match self.sort_out(element, fields) {
            FieldGroup::Impossible => false,
            FieldGroup::Together(groups) => self.all_in_one_element(&groups),
            FieldGroup::Choice {
                fields,
                position,
                parts,
            } => {
                let work = (self.end(element) - element) * fields.len();
                for part in parts {
                    if !self.may_spend(work) {
                        return false;
                    }
                    if self.within(element, narrowed(&fields, position, part)) {
                        return true;
                    }
                }
                false
            }
        }
    }

    /// Checks whether every group of fields can be placed inside one element of its array.
    fn all_in_one_element(&mut self, groups: &[(Array, Vec<&[usize]>)]) -> bool {
        for (array, group) in groups {
            if group.len() > 1 && !self.in_one_element(*array, group) {
                return false;
            }
        }
        true
    }

    /// Assigns each field to an array directly inside `element`.
    fn sort_out<'p>(&self, element: usize, mut fields: Vec<&'p [usize]>) -> FieldGroup<'p> {
        // A value directly in this element is compatible with anything inside it.
        fields.retain(|places| places.first() != Some(&element));
        let mut groups: Vec<(Array, Vec<&[usize]>)> = Vec::new();
        if fields.len() < 2 {
            return FieldGroup::Together(groups);
        }
        let arrays = self.arrays(element);
        for (position, places) in fields.iter().enumerate() {
            let mut inside: Vec<(Array, &[usize])> = arrays
                .iter()
                .map(|&array| (array, part(places, array.first, array.end)))
                .filter(|(_, part)| !part.is_empty())
                .collect();
            let Some((array, only)) = inside.pop() else {
                return FieldGroup::Impossible;
            };
            if !inside.is_empty() {
                let parts = inside.into_iter().map(|(_, part)| part).chain([only]);
                return FieldGroup::Choice {
                    position,
                    parts: parts.collect(),
                    fields,
                };
            }
            match groups.iter_mut().find(|(known, _)| *known == array) {
                Some((_, group)) => group.push(only),
                None => groups.push((array, vec![only])),
            }
        }
        FieldGroup::Together(groups)
    }

    fn may_spend(&mut self, work: usize) -> bool {
        let left = self.work_left.checked_sub(work);
        self.work_left = left.unwrap_or(0);
        left.is_some()
    }

    fn in_one_element(&mut self, array: Array, fields: &[&[usize]]) -> bool {
        let mut element = array.first;
        while element < array.end {
            let end = self.end(element);
            if let Some(inside) = all_inside(fields, element, end)
                && self.within(element, inside)
            {
                return true;
            }
            element = end;
        }
        false
    }

    /// Returns the arrays directly inside an element. Elements of one array have consecutive
    /// numbers.
    fn arrays(&self, element: usize) -> Vec<Array> {
        let end = self.end(element);
        let mut arrays: Vec<Array> = Vec::new();
        let mut open = None;
        let mut child = element + 1;
        while child < end {
            let behind = self.end(child);
            let number = self.array(child);
            match arrays.last_mut() {
                Some(array) if open == number => array.end = behind,
                _ => arrays.push(Array {
                    first: child,
                    end: behind,
                }),
            }
            open = number;
            child = behind;
        }
        arrays
    }
}

/// Returns the fields with the places of one field limited to `part`.
fn narrowed<'p>(fields: &[&'p [usize]], position: usize, part: &'p [usize]) -> Vec<&'p [usize]> {
    let mut narrowed = fields.to_vec();
    if let Some(places) = narrowed.get_mut(position) {
        *places = part;
    }
    narrowed
}

/// Returns the fields with their places from `first` up to `end`, if each has one in that range.
fn all_inside<'p>(fields: &[&'p [usize]], first: usize, end: usize) -> Option<Vec<&'p [usize]>> {
    fields
        .iter()
        .map(|places| Some(part(places, first, end)).filter(|part| !part.is_empty()))
        .collect()
}

/// Returns the places from `first` up to `end`.
fn part(places: &[usize], first: usize, end: usize) -> &[usize] {
    let from = places.partition_point(|&place| place < first);
    let to = places.partition_point(|&place| place < end);
    places.get(from..to).unwrap_or_default()
}
