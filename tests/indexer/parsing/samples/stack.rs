use std::fmt;
extern crate alloc;

pub struct Stack<'a, T> {
    items: Vec<&'a T>,
    quote: char,
    limit: usize,
}

impl<'a, T: fmt::Debug> Stack<'a, T> {
    pub fn new(limit: usize) -> Self {
        /* outer /* inner */ still a comment */
        Stack { items: Vec::new(), quote: '\'', limit }
    }

    pub fn push(&mut self, item: &'a T) -> Result<(), String> {
        if self.items.len() == self.limit {
            return Err(format!(r#"no "room" for {:?}"#, item));
        }
        self.items.push(item);
        Ok(())
    }
}

fn sum(values: &[i64]) -> i64 {
    let mut total = 0;
    for value in 0..values.len() { total += values[value]; }
    total
}
