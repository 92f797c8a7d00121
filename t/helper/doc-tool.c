/*
 * Configuration files through lib/doc, for public test suites and for the
 * bench. FORMAT is a name below.
 *
 *	doc-tool check FORMAT FILE…
 *	doc-tool values FORMAT FILE…
 *	doc-tool scalars FORMAT FILE…
 *	doc-tool time FORMAT FILE…
 *
 * check says of each file whether it is accepted, and the first error. values
 * has a line of JSON for each value: [file, [keys], kind, text]; list numbers
 * are no keys. scalars has the texts of all keys and scalars of a file, one a
 * line of JSON. time tells how many megabytes a second are read into trees, the
 * best of five rounds, and how many times as long as looking for newlines.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "doc/doc.h"

static const char *const formats[] = { "json", "yaml", "template", "compose",
	"hcl", "hcl-json", "env", "ini", "properties", "toml", "dockerfile",
	"xml" };

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

static void
read_doc(struct gv_doc *d, enum gv_doc_format format, const struct file *f)
{
	if (gv_doc_read(d, format, f->text, f->len, NULL) < 0) {
		fprintf(stderr, "%s: %s\n", f->path, gv_err_message());
		exit(1);
	}
}

static void
add_json(struct gv_buf *out, const char *p, size_t len)
{
	size_t i;

	gv_buf_addch(out, '"');
	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] < ' ')
			gv_buf_addf(out, "\\u%04x", (unsigned char)p[i]);
		else if (p[i] == '"' || p[i] == '\\')
			gv_buf_addf(out, "\\%c", p[i]);
		else
			gv_buf_addch(out, p[i]);
	}
	gv_buf_addch(out, '"');
}

static void
add_text(struct gv_buf *out, const struct gv_doc *d, uint32_t node, bool is_key)
{
	struct gv_buf text = GV_BUF_INIT;

	if (is_key)
		gv_doc_key(&text, d, node);
	else
		gv_doc_text(&text, d, node);
	add_json(out, text.p, text.len);
	gv_buf_release(&text);
}

/* ---- check --------------------------------------------------------------- */

static void
check(enum gv_doc_format format, const struct file *f)
{
	const char *name = strrchr(f->path, '/');
	struct gv_doc d;

	read_doc(&d, format, f);
	name = name ? name + 1 : f->path;
	if (gv_doc_check(&d) == 0)
		printf("accepted %s\n", name);
	else
		printf("refused %s: %s\n", name, gv_err_message());
	gv_doc_release(&d);
}

/* ---- values -------------------------------------------------------------- */

static void
add_keys(struct gv_buf *out, const struct gv_doc *d, uint32_t node)
{
	const struct gv_doc_node *n = &d->nodes[node];
	uint32_t i;

	if (n->parent != GV_DOC_NONE)
		add_keys(out, d, n->parent);
	if (n->key_at || n->key_len) {
		if (out->p[out->len - 1] != '[')
			gv_buf_addch(out, ',');
		add_text(out, d, node, true);
	}
	for (i = gv_doc_first(d, node);
	     i != GV_DOC_NONE && d->nodes[i].kind == GV_DOC_LABEL;
	     i = gv_doc_next(d, i)) {
		gv_buf_addch(out, ',');
		add_text(out, d, i, false);
	}
}

static bool
has_values(const struct gv_doc *d, uint32_t node)
{
	uint32_t i;

	for (i = gv_doc_first(d, node); i != GV_DOC_NONE; i = gv_doc_next(d, i))
		if (d->nodes[i].kind != GV_DOC_LABEL)
			return true;
	return false;
}

static void
values(enum gv_doc_format format, const struct file *f)
{
	static const char *const kinds[] = { "scalar", "list", "map", "alias",
		"block", "label", "code", "broken" };
	struct gv_buf out = GV_BUF_INIT;
	struct gv_doc d;
	uint32_t i;

	read_doc(&d, format, f);
	for (i = 0; i < d.n; i++) {
		if (d.nodes[i].kind == GV_DOC_LABEL || has_values(&d, i))
			continue;
		gv_buf_addch(&out, '[');
		add_json(&out, f->path, strlen(f->path));
		gv_buf_addstr(&out, ",[");
		add_keys(&out, &d, i);
		gv_buf_addf(&out, "],\"%s\",", kinds[d.nodes[i].kind]);
		add_text(&out, &d, i, false);
		gv_buf_addstr(&out, "]\n");
	}
	fwrite(out.p, 1, out.len, stdout);
	gv_buf_release(&out);
	gv_doc_release(&d);
}

static void
scalars(enum gv_doc_format format, const struct file *f)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_doc d;
	uint32_t i;

	read_doc(&d, format, f);
	for (i = 0; i < d.n; i++) {
		if (d.nodes[i].parent != GV_DOC_NONE &&
		    d.nodes[d.nodes[i].parent].kind == GV_DOC_MAP) {
			add_text(&out, &d, i, true);
			gv_buf_addch(&out, '\n');
		}
		if (d.nodes[i].kind == GV_DOC_SCALAR) {
			add_text(&out, &d, i, false);
			gv_buf_addch(&out, '\n');
		}
	}
	fwrite(out.p, 1, out.len, stdout);
	gv_buf_release(&out);
	gv_doc_release(&d);
}

/* ---- time ---------------------------------------------------------------- */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
count_lines(const struct file *f)
{
	const char *p = f->text, *end = p + f->len;
	size_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		n++;
	}
	return n;
}

static void
measure(enum gv_doc_format format, const struct file *files, size_t n)
{
	double best = 1e9, lines = 1e9, from;
	size_t i, round, bytes = 0, nodes = 0, sum = 0;
	struct gv_doc d;

	for (round = 0; round < 5; round++) {
		bytes = nodes = 0;
		from = now();
		for (i = 0; i < n; i++) {
			read_doc(&d, format, &files[i]);
			nodes += d.n;
			bytes += files[i].len;
			gv_doc_release(&d);
		}
		best = now() - from < best ? now() - from : best;
		from = now();
		for (i = 0; i < n; i++)
			sum += count_lines(&files[i]);
		lines = now() - from < lines ? now() - from : lines;
	}
	printf("%s: %zu files, %.1f MB, %zu nodes, %zu lines: %.0f MB/s, "
	       "%.1f x memchr\n",
	    formats[format], n, (double)bytes / 1e6, nodes, sum / 5,
	    (double)bytes / 1e6 / best, best / lines);
}

int
main(int argc, char **argv)
{
	struct file *files = calloc((size_t)argc, sizeof(*files));
	int format = 0, i, n = 0;

	while (argc > 3 && format <= GV_DOC_FORMAT_XML &&
	    strcmp(formats[format], argv[2]) != 0)
		format++;
	if (files == NULL || argc < 4 || format > GV_DOC_FORMAT_XML) {
		fprintf(stderr,
		    "usage: doc-tool check|values|scalars|time "
		    "FORMAT FILE...\n");
		free(files);
		return 129;
	}
	for (i = 3; i < argc; i++) {
		files[n] = read_file(argv[i]);
		if (strcmp(argv[1], "check") == 0)
			check((enum gv_doc_format)format, &files[n]);
		else if (strcmp(argv[1], "values") == 0)
			values((enum gv_doc_format)format, &files[n]);
		else if (strcmp(argv[1], "scalars") == 0)
			scalars((enum gv_doc_format)format, &files[n]);
		n++;
	}
	if (strcmp(argv[1], "time") == 0)
		measure((enum gv_doc_format)format, files, (size_t)n);
	for (i = 0; i < n; i++)
		free(files[i].text);
	free(files);
	return 0;
}
