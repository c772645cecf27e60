use pregrub::config::*; use pregrub::release::*;
fn main(){ 
 let case = |name:&str, t:Vec<u8>| { for _ in 0..2 {let s=std::time::Instant::now(); let c=parse(Dialect::Grub2,&t,Release::NEWEST); let e=s.elapsed(); println!("{name}: {:?} {:.0} MB/s {} {:?}", e, t.len() as f64/e.as_secs_f64()/1e6, c.entries.len(), c.raised.map(|r|r.to_string().chars().take(80).collect::<String>())); }};
 case("comment", [vec![b'#'],vec![b'x';100000]].concat());
 case("oneword", vec![b'x';100000]);
 case("lines", b"set x=1\n".repeat(12500));
 case("body", [b"menuentry \"a\" {\n".to_vec(), b"linux /k a=b\n".repeat(8000)].concat());
 case("quotes", vec![b'"';100000]);
 let mut n=String::new(); for i in 0..3400 { n+=&format!("menuentry \"NixOS - Configuration {i} (2024-02-11 - 24.05.202401.abcdef0)\" --class nixos {{\n\n  linux /kernels/0c7w2ay1hc5fv4jb6bxkfh7dl5yrv0kp-linux-6.6.{i}-bzImage init=/nix/store/s1vxkk1nbrn1hsl3mp9zyjkf5sgiy6vl-nixos-system-guest-24.05.{i}/init console=hvc0 loglevel=4\n  initrd /kernels/j2lqkq7sl6g7wvvxk3mmzjxpxnps63vx-initrd-linux-6.6.{i}-initrd\n}}\n\n"); }
 println!("{}", n.len());
 case("nixos", n.into_bytes());
}
