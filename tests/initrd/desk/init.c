/* The /init of the initrds in corpus/initrd: prints what the kernel has unpacked, and switches the machine off.
 *
 * One line a file: kind, path, bytes, sum of the bytes. No library, so that an initrd with it takes a kilobyte. */
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000

typedef unsigned long ulong;

static long call(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}

static char line[5000];
static int used;

static void put(const char *text)
{
	while (*text && used < 4900)
		line[used++] = *text++;
}

static void put_number(ulong number)
{
	char digits[24];
	int i = 23;
	digits[i] = 0;
	do
		digits[--i] = '0' + number % 10;
	while (number /= 10);
	put(digits + i);
}

static void end_line(void)
{
	line[used++] = '\n';
	call(1, 1, (long)line, used, 0);
	used = 0;
}

static void show(char *path, int length, int depth)
{
	static char entries[4][2048];
	long directory = call(2, (long)path, O_DIRECTORY | O_NOFOLLOW, 0, 0);
	long got;
	if (directory < 0)
		return;
	while ((got = call(217, directory, (long)entries[depth], 2048, 0)) > 0) {
		for (long at = 0; at < got; at += *(unsigned short *)(entries[depth] + at + 16)) {
			char *name = entries[depth] + at + 19, kind = entries[depth][at + 18];
			int end = length;
			if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
				continue;
			path[end++] = '/';
			while (*name && end < 200)
				path[end++] = *name++;
			path[end] = 0;
			put(kind == 4 ? "DIRECTORY " : kind == 8 ? "FILE " : kind == 10 ? "LINK " : "OTHER ");
			put(path);
			if (kind == 8) {
				static unsigned char data[4096];
				long file = call(2, (long)path, 0, 0, 0), count;
				ulong size = 0, sum = 0;
				while (file >= 0 && (count = call(0, file, (long)data, 4096, 0)) > 0) {
					for (long i = 0; i < count; i++)
						sum += data[i];
					size += count;
				}
				call(3, file, 0, 0, 0);
				put(" ");
				put_number(size);
				put(" ");
				put_number(sum);
			}
			end_line();
			if (kind == 4 && depth < 3)
				show(path, end, depth + 1);
			path[length] = 0;
		}
	}
	call(3, directory, 0, 0, 0);
}

void _start(void)
{
	static char path[256];
	put("INIT RUNS");
	end_line();
	path[0] = 47;
	path[1] = 0;
	/* The root is opened as "/", and its entries are shown as "/name". */
	show(path, 0, 0);
	put("INIT ENDS");
	end_line();
	call(162, 0, 0, 0, 0);
	call(169, 0xfee1dead, 672274793, 0x4321fedc, 0);
	for (;;)
		;
}
