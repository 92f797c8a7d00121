#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/linediff.h"
#include "base/vec.h"
#include "reuse/reuse_internal.h"

/* Files of one name that are compared with each other: more of one name are no
 * copies but a habit, such as index.js. */
#define MOST_OF_NAME 100

/* Two are copies where that part, of 100, of the prints of the smaller one is
 * in the other. */
#define ALIKE 50

/* Times that are asked of git, for all copies of a file or for none: which one
 * is the newest, some of them do not tell. */
#define MOST_TIMES 500

struct item {
	const struct gv_reuse_file *file;
	const char *name; /* without its folder */
	uint32_t number;
	uint32_t group;
};

struct grouping {
	struct gv_reuse *r;
	struct item *items;
	uint32_t *parent; /* of each file: one of its group */
	struct gv_prints *prints;
	bool *is_wanted; /* of each: its prints are needed */
	size_t times;
};

static uint32_t
find_root(struct grouping *g, uint32_t file)
{
	while (g->parent[file] != file) {
		g->parent[file] = g->parent[g->parent[file]];
		file = g->parent[file];
	}
	return file;
}

static void
join(struct grouping *g, uint32_t a, uint32_t b)
{
	a = find_root(g, a);
	b = find_root(g, b);
	if (a < b)
		g->parent[b] = a;
	else
		g->parent[a] = b;
}

static const char *
name_of(const struct gv_reuse_file *f)
{
	const char *slash = strrchr(f->path, '/');

	return slash ? slash + 1 : f->path;
}

/* ---- equal files, and those of one name ---------------------------------- */

static int
by_content(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return memcmp(x->file->oid.id, y->file->oid.id, GV_OID_RAW);
}

static int
by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	const int order = strcmp(x->name, y->name);

	return order ? order
		     : (x->number > y->number) - (x->number < y->number);
}

static void
join_equal(struct grouping *g)
{
	size_t i;

	qsort(g->items, g->r->n_files, sizeof(*g->items), by_content);
	for (i = 1; i < g->r->n_files; i++)
		if (gv_oid_equal(
			&g->items[i].file->oid, &g->items[i - 1].file->oid))
			join(g, g->items[i].number, g->items[i - 1].number);
}

static size_t
end_of_name(const struct grouping *g, size_t i)
{
	size_t end = i + 1;

	while (end < g->r->n_files &&
	    strcmp(g->items[end].name, g->items[i].name) == 0)
		end++;
	return end;
}

/* Whether files of a name are of several projects, and not all the same. */
static bool
is_of_interest(struct grouping *g, size_t i, size_t end)
{
	bool differ = false, is_elsewhere = false;
	size_t k;

	for (k = i + 1; k < end && end - i <= MOST_OF_NAME; k++) {
		is_elsewhere |=
		    g->items[k].file->project != g->items[i].file->project;
		differ |= find_root(g, g->items[k].number) !=
		    find_root(g, g->items[i].number);
	}
	return differ && is_elsewhere;
}

static int
take_prints(void *ctx, uint32_t file, const char *text, size_t len)
{
	struct gv_prints both[GV_PRINT_STREAMS];
	struct grouping *g = ctx;
	int r = gv_prints_of(both, g->r->files[file].path, text, len);

	g->prints[file] = both[GV_PRINT_KEPT];
	gv_prints_release(&both[GV_PRINT_RENAMED]);
	return r;
}

static int
read_wanted(struct grouping *g)
{
	uint32_t *files = malloc((g->r->n_files + 1) * sizeof(*files)), p, i;
	size_t n;
	int r = files ? 0 : gv_err_nomem();

	for (p = 0; r == 0 && p < g->r->n_projects; p++) {
		for (i = 0, n = 0; i < g->r->n_files; i++)
			if (g->is_wanted[i] && g->r->files[i].project == p)
				files[n++] = i;
		r = gv_reuse_read(g->r, p, files, n, take_prints, g);
	}
	free(files);
	return r;
}

static void
join_alike(struct grouping *g, size_t i, size_t end)
{
	size_t k, l;

	for (k = i; k < end; k++)
		for (l = k + 1; l < end; l++) {
			struct gv_prints *a = &g->prints[g->items[k].number];
			struct gv_prints *b = &g->prints[g->items[l].number];

			if (find_root(g, g->items[k].number) ==
			    find_root(g, g->items[l].number))
				continue;
			if (gv_prints_alike(a->n < b->n ? a : b,
				a->n < b->n ? b : a) >= ALIKE)
				join(g, g->items[k].number, g->items[l].number);
		}
}

static int
join_names(struct grouping *g)
{
	const size_t n = g->r->n_files;
	size_t i, k, end;
	int r;

	qsort(g->items, n, sizeof(*g->items), by_name);
	for (i = 0; i < n; i = end) {
		end = end_of_name(g, i);
		for (k = i; k < end && is_of_interest(g, i, end); k++)
			g->is_wanted[g->items[k].number] = true;
	}
	if ((r = read_wanted(g)) < 0)
		return r;
	for (i = 0; i < n; i = end) {
		end = end_of_name(g, i);
		if (g->is_wanted[g->items[i].number])
			join_alike(g, i, end);
	}
	return 0;
}

/* ---- one group ----------------------------------------------------------- */

static int
take_text(void *ctx, uint32_t file, const char *text, size_t len)
{
	(void)file;
	gv_buf_add(ctx, text, len);
	return gv_buf_check(ctx);
}

static int
pass_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	(void)ctx;
	(void)h;
	return 0;
}

static int
count_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	struct gv_reuse_copy *copy = ctx;

	(void)line;
	(void)len;
	(void)is_cut;
	copy->behind += sign == '+';
	copy->ahead += sign == '-';
	return 0;
}

static int
compare(struct gv_reuse *r, struct gv_reuse_copy *copy, uint32_t newest,
    const struct gv_buf *text)
{
	const struct gv_linediff_to to = { pass_hunk, count_line, copy };
	const struct gv_reuse_file *f = &r->files[copy->file];
	struct gv_buf old = GV_BUF_INIT;
	int result = 0;

	copy->is_same = gv_oid_equal(&f->oid, &r->files[newest].oid);
	if (!copy->is_same)
		result = gv_reuse_read(
		    r, f->project, &copy->file, 1, take_text, &old);
	if (result == 0 && !copy->is_same)
		result =
		    gv_linediff(&to, old.p, old.len, text->p, text->len, 0);
	gv_buf_release(&old);
	return result;
}

static int
by_time(const void *a, const void *b)
{
	const struct gv_reuse_copy *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? 1 : -1;
	return (x->file > y->file) - (x->file < y->file);
}

static int
add_group(struct grouping *g, size_t from, size_t end)
{
	struct gv_reuse *r = g->r;
	const size_t first = r->n_copies;
	const bool is_timed = g->times + (end - from) <= MOST_TIMES;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int result = 0;

	g->times += is_timed ? end - from : 0;
	for (i = from; i < end; i++) {
		struct gv_reuse_copy copy = { .file = g->items[i].number,
			.group = g->items[from].number };

		if (is_timed &&
		    (result = gv_reuse_time(&copy.time, r, copy.file)) < 0)
			return result;
		if (GV_GROW(r->copies, r->n_copies, r->cap_copies) < 0)
			return gv_err_nomem();
		r->copies[r->n_copies++] = copy;
	}
	qsort(&r->copies[first], r->n_copies - first, sizeof(*r->copies),
	    by_time);
	r->copies[first].is_newest = r->copies[first].is_same = true;
	result = gv_reuse_read(r, r->files[r->copies[first].file].project,
	    &r->copies[first].file, 1, take_text, &text);
	for (i = first + 1; result == 0 && i < r->n_copies; i++)
		result =
		    compare(r, &r->copies[i], r->copies[first].file, &text);
	gv_buf_release(&text);
	return result;
}

static int
by_group(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->group > y->group) - (x->group < y->group);
}

static int
add_groups(struct grouping *g)
{
	const size_t n = g->r->n_files;
	size_t i, end;
	bool is_elsewhere;
	int r = 0;

	for (i = 0; i < n; i++)
		g->items[i].group = find_root(g, g->items[i].number);
	qsort(g->items, n, sizeof(*g->items), by_group);
	for (i = 0; r == 0 && i < n; i = end) {
		is_elsewhere = false;
		for (end = i + 1;
		     end < n && g->items[end].group == g->items[i].group; end++)
			is_elsewhere |= g->items[end].file->project !=
			    g->items[i].file->project;
		if (is_elsewhere)
			r = add_group(g, i, end);
	}
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int
group(struct grouping *g)
{
	const size_t n = g->r->n_files;
	uint32_t i;
	int r;

	g->items = calloc(n + 1, sizeof(*g->items));
	g->parent = calloc(n + 1, sizeof(*g->parent));
	g->prints = calloc(n + 1, sizeof(*g->prints));
	g->is_wanted = calloc(n + 1, sizeof(*g->is_wanted));
	if (g->items == NULL || g->parent == NULL || g->prints == NULL ||
	    g->is_wanted == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		g->parent[i] = i;
		g->items[i] = (struct item){ .file = &g->r->files[i],
			.name = name_of(&g->r->files[i]),
			.number = i };
	}
	if (n == 0)
		return 0;
	join_equal(g);
	if ((r = join_names(g)) < 0)
		return r;
	return add_groups(g);
}

int
gv_reuse_copies(struct gv_reuse *r)
{
	struct grouping g = { .r = r };
	const int result = group(&g);
	size_t i;

	for (i = 0; g.prints && i < r->n_files; i++)
		gv_prints_release(&g.prints[i]);
	free(g.items);
	free(g.parent);
	free(g.prints);
	free(g.is_wanted);
	return result;
}
