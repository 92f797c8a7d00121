/*
 * What lib/symbol says of files, as lines, and how fast.
 *
 *	symbol-tool print FILE…
 *	symbol-tool time FILE…
 *
 * print has a line for each symbol, in the form of t/unit/symbol_told.h behind
 * the path. Paths are taken as from the top of a tree. time reads all files
 * five times, and tells the best in files and megabytes a second.
 */
#include <assert.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define assert_non_null(p)     assert((p) != NULL)
#define assert_int_equal(a, b) assert((a) == (b))
#include "unit/symbol_told.h"

struct file {
	const char *path;
	char *text;
	size_t len;
};

static struct file
read_file(const char *path)
{
	struct file f = { .path = path };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	f.len = end > 0 ? (size_t)end : 0;
	f.text = malloc(f.len ? f.len : 1);
	if (end < 0 || f.text == NULL || pread(fd, f.text, f.len, 0) != end) {
		perror(path);
		exit(1);
	}
	close(fd);
	return f;
}

static size_t
read_symbols(struct gv_symbols *symbols, const struct file *f)
{
	if (gv_symbols_read(symbols,
		gv_symbol_dialect(f->path, strlen(f->path)), f->text,
		f->len) < 0)
		exit(1);
	return symbols->n;
}

static void
print(const struct file *f)
{
	struct gv_symbols symbols;
	struct gv_buf line = GV_BUF_INIT;
	size_t i;

	read_symbols(&symbols, f);
	for (i = 0; i < symbols.n; i++) {
		gv_buf_reset(&line);
		symbol_told_one(&line, &symbols, &symbols.items[i]);
		printf("%s:%s", f->path, line.p);
	}
	gv_buf_release(&line);
	gv_symbols_release(&symbols);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
tell_time(const struct file *files, size_t n)
{
	double best = 0, took;
	size_t bytes = 0, found = 0, round, i;
	struct gv_symbols symbols;

	for (round = 0; round < 5; round++) {
		took = now();
		for (bytes = found = i = 0; i < n; i++) {
			found += read_symbols(&symbols, &files[i]);
			bytes += files[i].len;
			gv_symbols_release(&symbols);
		}
		took = now() - took;
		if (round == 0 || took < best)
			best = took;
	}
	printf("%zu files, %.1f MB, %zu symbols: %.0f files/s, %.1f MB/s\n", n,
	    (double)bytes / 1e6, found, (double)n / best,
	    (double)bytes / 1e6 / best);
}

int
main(int argc, char **argv)
{
	struct file *files;
	size_t n, i;

	if (argc < 3 ||
	    (strcmp(argv[1], "print") != 0 && strcmp(argv[1], "time") != 0)) {
		fprintf(stderr, "usage: symbol-tool print|time FILE...\n");
		return 2;
	}
	n = (size_t)argc - 2;
	files = calloc(n, sizeof(*files));
	if (files == NULL)
		return 1;
	for (i = 0; i < n; i++)
		files[i] = read_file(argv[i + 2]);
	if (strcmp(argv[1], "time") == 0)
		tell_time(files, n);
	for (i = 0; i < n; i++) {
		if (strcmp(argv[1], "print") == 0)
			print(&files[i]);
		free(files[i].text);
	}
	free(files);
	return 0;
}
