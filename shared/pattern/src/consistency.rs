//! Fields named together must come from the same element of every array that they share.

use crate::event::Element;

/// How often a field may be tried in one array after another before the search ends.
///
/// A field lies in two arrays side by side only where the event writes a key twice, so no event
/// that is made by a JSON library ever comes near this.
const MAX_TRIES: usize = 10_000;

/// Whether one place can be picked for every field, so that no two lie in different elements of one
/// array.
///
/// `places` has for each field the elements that satisfying values lie in, sorted, at least one.
/// Elements form a tree, and the search goes down it once: each array is entered by all fields that
/// lie in it, together, one element after another.
pub(crate) fn consistent(elements: &[Element], places: &[&[usize]]) -> bool {
    let mut search = Search {
        elements,
        tries: MAX_TRIES,
    };
    search.within(0, places.to_vec())
}

struct Search<'e> {
    elements: &'e [Element],
    tries: usize,
}

/// An array directly inside an element, and the range of all elements below it.
#[derive(Clone, Copy, PartialEq)]
struct Array {
    first: usize,
    end: usize,
}

impl Search<'_> {
    fn end(&self, element: usize) -> usize {
        self.elements.get(element).map_or(element + 1, |e| e.end)
    }

    fn array(&self, element: usize) -> Option<usize> {
        self.elements.get(element).map(|e| e.array)
    }

    /// Whether the fields can be placed inside `element`. All their places are inside it.
    fn within(&mut self, element: usize, mut fields: Vec<&[usize]>) -> bool {
        // A value directly in this element contradicts nothing inside it.
        fields.retain(|places| places.first() != Some(&element));
        if fields.len() < 2 {
            return true;
        }
        let arrays = self.arrays(element);
        let mut groups: Vec<(Array, Vec<&[usize]>)> = Vec::new();
        for (position, places) in fields.iter().enumerate() {
            let mut inside = arrays
                .iter()
                .map(|&array| (array, part(places, array.first, array.end)))
                .filter(|(_, part)| !part.is_empty());
            let Some((array, only)) = inside.next() else {
                return false;
            };
            let rest: Vec<&[usize]> = inside.map(|(_, part)| part).collect();
            if !rest.is_empty() {
                return std::iter::once(only).chain(rest).any(|part| {
                    self.try_again() && {
                        let mut narrowed = fields.clone();
                        if let Some(places) = narrowed.get_mut(position) {
                            *places = part;
                        }
                        self.within(element, narrowed)
                    }
                });
            }
            match groups.iter_mut().find(|(known, _)| *known == array) {
                Some((_, group)) => group.push(only),
                None => groups.push((array, vec![only])),
            }
        }
        groups
            .into_iter()
            .all(|(array, group)| group.len() < 2 || self.in_one_element(array, &group))
    }

    fn try_again(&mut self) -> bool {
        let left = self.tries > 0;
        self.tries = self.tries.saturating_sub(1);
        left
    }

    fn in_one_element(&mut self, array: Array, fields: &[&[usize]]) -> bool {
        let mut element = array.first;
        while element < array.end {
            let end = self.end(element);
            let inside: Option<Vec<&[usize]>> = fields
                .iter()
                .map(|places| Some(part(places, element, end)).filter(|part| !part.is_empty()))
                .collect();
            if inside.is_some_and(|fields| self.within(element, fields)) {
                return true;
            }
            element = end;
        }
        false
    }

    /// The arrays directly inside an element. Elements of one array are numbered side by side.
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

/// The places from `first` up to `end`.
fn part(places: &[usize], first: usize, end: usize) -> &[usize] {
    let from = places.partition_point(|&place| place < first);
    let to = places.partition_point(|&place| place < end);
    places.get(from..to).unwrap_or_default()
}
