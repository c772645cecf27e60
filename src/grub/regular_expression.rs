//! POSIX extended regular expressions over bytes, as far as scripts use them: the longest match at the first place.

/// A bound on the steps of one search.
const MOST_STEPS: u32 = 200_000;
/// How deep groups may be nested, and how often `{n,m}` repeats at most.
const DEEPEST: u32 = 50;
const MOST_REPEATS: u32 = 255;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Expression {
    root: Node,
    groups: usize,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Byte(u8),
    Any,
    Set(Box<[bool; 256]>),
    Start,
    End,
    Group(usize, Box<Node>),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
}

/// Where each group matched; the whole match is the first.
pub(super) type Groups = Vec<Option<(usize, usize)>>;

/// What comes of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Matched {
    Yes(Groups),
    No,
    /// It takes too long to tell.
    TooMuch,
}

impl Expression {
    /// Compiles an expression, or says what is wrong with it.
    pub(super) fn parse(pattern: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { pattern, at: 0, groups: 0, depth: 0 };
        let root = reader.either()?;
        if reader.at < pattern.len() {
            return Err("Unmatched ) or \\)".to_owned());
        }
        Ok(Self { root, groups: reader.groups })
    }

    /// Looks for the expression anywhere in `text`; says how many steps that took, too.
    pub(super) fn search(&self, text: &[u8]) -> (Matched, u32) {
        let mut steps = 0;
        let matched = self.search_within(text, &mut steps);
        (matched, steps)
    }

    fn search_within(&self, text: &[u8], steps: &mut u32) -> Matched {
        for start in 0..=text.len() {
            let mut best: Option<Groups> = None;
            let mut search = Search { text, steps: &mut *steps };
            let groups = vec![None; self.groups + 1];
            let finished = search.run(&[&self.root], start, groups, &mut |end, groups| {
                let longer = best.as_ref().is_none_or(|best| best[0].is_none_or(|(_, best)| end > best));
                if longer {
                    let mut groups = groups.clone();
                    groups[0] = Some((start, end));
                    best = Some(groups);
                }
                end == text.len()
            });
            if *steps > MOST_STEPS && !finished {
                return Matched::TooMuch;
            }
            if let Some(groups) = best {
                return Matched::Yes(groups);
            }
        }
        Matched::No
    }
}

struct Reader<'p> {
    pattern: &'p [u8],
    at: usize,
    groups: usize,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn either(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Regular expression too big".to_owned());
        }
        let mut branches = vec![self.sequence()?];
        while self.peek() == Some(b'|') {
            self.at += 1;
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Either(branches) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'|' || byte == b')' && self.depth > 1 {
                break;
            }
            let node = self.atom(byte)?;
            nodes.push(self.repeated(node)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Sequence(nodes),
        })
    }

    fn atom(&mut self, byte: u8) -> Result<Node, String> {
        self.at += 1;
        Ok(match byte {
            b'.' => Node::Any,
            b'^' => Node::Start,
            b'$' => Node::End,
            b'(' => {
                self.groups += 1;
                let number = self.groups;
                let inner = self.either()?;
                if self.peek() != Some(b')') {
                    return Err("Unmatched ( or \\(".to_owned());
                }
                self.at += 1;
                Node::Group(number, Box::new(inner))
            }
            b'[' => self.set()?,
            b'\\' => match self.peek() {
                Some(next) => {
                    self.at += 1;
                    Node::Byte(next)
                }
                None => return Err("Trailing backslash".to_owned()),
            },
            _ => Node::Byte(byte),
        })
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, String> {
        while let Some(byte) = self.peek() {
            let (least, most) = match byte {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                b'{' => match self.bounds() {
                    Some((end, least, most)) => {
                        if least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS || most < least) {
                            return Err("Invalid content of \\{\\}".to_owned());
                        }
                        self.at = end - 1;
                        (least, most)
                    }
                    None => break,
                },
                _ => break,
            };
            self.at += 1;
            node = Node::Repeat(Box::new(node), least, most);
        }
        Ok(node)
    }

    /// `{2}`, `{2,}`, `{2,3}`: where it ends, and how often.
    fn bounds(&self) -> Option<(usize, u32, Option<u32>)> {
        let rest = &self.pattern[self.at + 1..];
        let end = rest.iter().position(|byte| *byte == b'}')?;
        let inside = std::str::from_utf8(&rest[..end]).ok()?;
        let (least, most) = match inside.split_once(',') {
            None => (inside.parse().ok()?, Some(inside.parse().ok()?)),
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        Some((self.at + 1 + end + 1, least, most))
    }

    fn set(&mut self) -> Result<Node, String> {
        let unmatched = || "Unmatched [, [^, [:, [., or [=".to_owned();
        let negated = self.peek() == Some(b'^');
        self.at += usize::from(negated);
        let mut members = Box::new([false; 256]);
        let mut first = true;
        loop {
            let byte = self.peek().ok_or_else(unmatched)?;
            self.at += 1;
            if byte == b']' && !first {
                break;
            }
            first = false;
            if byte == b'[' && self.peek() == Some(b':') {
                let rest = &self.pattern[self.at + 1..];
                let end = rest.windows(2).position(|pair| pair == b":]").ok_or_else(unmatched)?;
                let class = class(&rest[..end]).ok_or_else(|| "Invalid character class name".to_owned())?;
                for byte in 0..=255_u8 {
                    members[usize::from(byte)] |= class(byte);
                }
                self.at += end + 3;
                continue;
            }
            let last = match (self.peek(), self.pattern.get(self.at + 1)) {
                (Some(b'-'), Some(&last)) if last != b']' => {
                    self.at += 2;
                    last
                }
                _ => byte,
            };
            if last < byte {
                return Err("Invalid range end".to_owned());
            }
            for member in byte..=last {
                members[usize::from(member)] = true;
            }
        }
        if negated {
            for member in members.iter_mut() {
                *member = !*member;
            }
        }
        Ok(Node::Set(members))
    }
}

/// A class of characters by its name.
fn class(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| byte.is_ascii_graphic() || byte == b' ',
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => |byte| byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

struct Search<'t, 's> {
    text: &'t [u8],
    steps: &'s mut u32,
}

/// What to do with a match: its end and its groups; whether to look no further.
type Accept<'a> = dyn FnMut(usize, &Groups) -> bool + 'a;

/// How deep the matcher's own recursion may get.
const DEEPEST_SEARCH: usize = 2000;

impl Search<'_, '_> {
    /// Tries to match `nodes`, the last one first, from `at` on. Whether the search is over.
    fn run(&mut self, nodes: &[&Node], at: usize, groups: Groups, accept: &mut Accept<'_>) -> bool {
        let todo: Vec<Todo<'_>> = nodes.iter().map(|node| Todo::Match(node)).collect();
        self.go(todo, at, groups, accept, 0)
    }

    fn go(
        &mut self,
        mut todo: Vec<Todo<'_>>,
        at: usize,
        groups: Groups,
        accept: &mut Accept<'_>,
        depth: usize,
    ) -> bool {
        let (mut at, mut groups) = (at, groups);
        loop {
            *self.steps += 1;
            if *self.steps > MOST_STEPS || depth > DEEPEST_SEARCH {
                *self.steps = MOST_STEPS + 1;
                return false;
            }
            let Some(next) = todo.pop() else { return accept(at, &groups) };
            let node = match next {
                Todo::Match(node) => node,
                Todo::Close(number, start) => {
                    groups[number] = Some((start, at));
                    continue;
                }
                Todo::Again(node, least, most, before) => {
                    if before == at {
                        // Nothing was matched: once more is the same.
                        continue;
                    }
                    todo.push(Todo::Repeat(node, least, most));
                    continue;
                }
                Todo::Repeat(node, least, most) => {
                    if most == Some(0) {
                        continue;
                    }
                    let fewer = most.map(|most| most - 1);
                    let mut once = todo.clone();
                    once.push(Todo::Again(
                        node,
                        least.saturating_sub(1),
                        fewer,
                        if least > 0 { usize::MAX } else { at },
                    ));
                    once.push(Todo::Match(node));
                    if self.go(once, at, groups.clone(), accept, depth + 1) {
                        return true;
                    }
                    if least > 0 {
                        return false;
                    }
                    continue;
                }
            };
            match node {
                Node::Empty => {}
                Node::Byte(byte) if self.text.get(at) == Some(byte) => at += 1,
                Node::Any if at < self.text.len() => at += 1,
                Node::Set(members) if self.text.get(at).is_some_and(|byte| members[usize::from(*byte)]) => at += 1,
                Node::Start if at == 0 => {}
                Node::End if at == self.text.len() => {}
                Node::Group(number, inner) => {
                    todo.push(Todo::Close(*number, at));
                    todo.push(Todo::Match(inner));
                }
                Node::Sequence(nodes) => todo.extend(nodes.iter().rev().map(Todo::Match)),
                Node::Either(branches) => {
                    for branch in branches {
                        let mut once = todo.clone();
                        once.push(Todo::Match(branch));
                        if self.go(once, at, groups.clone(), accept, depth + 1) {
                            return true;
                        }
                    }
                    return false;
                }
                Node::Repeat(inner, least, most) => todo.push(Todo::Repeat(inner, *least, *most)),
                _ => return false,
            }
        }
    }
}

/// What is still to be matched.
#[derive(Clone)]
enum Todo<'n> {
    Match(&'n Node),
    Close(usize, usize),
    Repeat(&'n Node, u32, Option<u32>),
    Again(&'n Node, u32, Option<u32>, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<(usize, usize)> {
        match Expression::parse(pattern.as_bytes()).unwrap().search(text.as_bytes()).0 {
            Matched::Yes(groups) => groups[0],
            _ => None,
        }
    }

    #[test]
    fn expressions_match() {
        for (pattern, text, want) in [
            ("a", "xa", Some((1, 2))),
            ("^hd(.*),msdos1$", "hd0,msdos1", Some((0, 10))),
            ("a|ab", "ab", Some((0, 2))),
            ("[0-9]+", "v6.10", Some((1, 2))),
            ("(a*)*b", "aab", Some((0, 3))),
            ("a{2,3}", "aaaa", Some((0, 3))),
            ("x", "abc", None),
            ("^$", "", Some((0, 0))),
            ("[^a]", "ab", Some((1, 2))),
            ("[[:digit:]]", "a1", Some((1, 2))),
        ] {
            assert_eq!(find(pattern, text), want, "{pattern} {text}");
        }
        assert_eq!(
            Expression::parse(b"(a*)*(a*)*(a*)*c").unwrap().search(&[b'a'; 300]),
            (Matched::TooMuch, MOST_STEPS + 1)
        );
        assert!(Expression::parse(b"(").is_err() && Expression::parse(b"[").is_err());
    }
}
