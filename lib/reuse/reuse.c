#include "reuse/reuse.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "reuse/match.h"
#include "reuse/reuse_internal.h"

const char *const gv_reuse_words[] = {
	[GV_REUSE_SAME] = "same",
	[GV_REUSE_COPIED] = "copied",
	[GV_REUSE_RENAMED] = "renamed",
};

void
gv_reuse_init(struct gv_reuse *r)
{
	memset(r, 0, sizeof(*r));
	r->unread = (struct gv_buf)GV_BUF_INIT;
}

void
gv_reuse_release(struct gv_reuse *r)
{
	free(r->projects);
	free(r->files);
	free(r->copies);
	free(r->matches);
	gv_buf_release(&r->unread);
	gv_arena_release(&r->arena);
	gv_reuse_init(r);
}

static int
keep(const char **out, struct gv_reuse *r, const char *begin, const char *text)
{
	const size_t n = strlen(begin), len = strlen(text);
	char *copy = gv_arena_alloc(&r->arena, n + len + 1);

	*out = copy;
	if (copy == NULL)
		return GV_ENOMEM;
	memcpy(copy, begin, n);
	memcpy(copy + n, text, len);
	return 0;
}

int
gv_reuse_add_part(struct gv_reuse *r, const char *name, const char *path,
    const char *folder, const char *branch)
{
	struct gv_reuse_project p = { .tree = NULL };

	if (keep(&p.name, r, "", name) < 0 || keep(&p.path, r, "", path) < 0 ||
	    (folder && keep(&p.folder, r, "", folder) < 0) ||
	    (branch && keep(&p.tree, r, "refs/heads/", branch) < 0))
		return GV_ENOMEM;
	if (GV_GROW(r->projects, r->n_projects, r->cap_projects) < 0)
		return gv_err_nomem();
	r->projects[r->n_projects++] = p;
	return 0;
}

int
gv_reuse_add(struct gv_reuse *r, const char *name, const char *path)
{
	return gv_reuse_add_part(r, name, path, NULL, NULL);
}

/* ---- runs of code -------------------------------------------------------- */

struct finding {
	struct gv_reuse *r;
	struct gv_match_index index;
	/* one text; or NULL, the files of the first project */
	const struct gv_reuse_text *text;
	struct gv_oid oid; /* of the text as a whole */
};

static uint32_t
count_lines(const char *text, size_t len)
{
	uint32_t n = len && text[len - 1] != '\n';
	size_t i;

	for (i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static int
add_match(struct gv_reuse *r, const struct gv_reuse_match *m)
{
	if (GV_GROW(r->matches, r->n_matches, r->cap_matches) < 0)
		return gv_err_nomem();
	r->matches[r->n_matches++] = *m;
	return 0;
}

/* The files of the first project come first. */
static uint32_t
find_same(const struct finding *f, uint32_t to)
{
	const struct gv_reuse *r = f->r;
	uint32_t i;

	for (i = 0; i < r->n_files && r->files[i].project == 0; i++)
		if (gv_oid_equal(&r->files[i].oid, &r->files[to].oid))
			return i;
	return GV_REUSE_TEXT;
}

/* Whether the whole file is a copy; *from says of what. */
static bool
is_same(uint32_t *from, const struct finding *f, uint32_t to)
{
	if (f->text) {
		*from = GV_REUSE_TEXT;
		return f->text->first == 0 &&
		    gv_oid_equal(&f->oid, &f->r->files[to].oid);
	}
	*from = find_same(f, to);
	return *from != GV_REUSE_TEXT;
}

static int
add_runs(struct finding *f, uint32_t to,
    const struct gv_prints prints[GV_PRINT_STREAMS])
{
	struct gv_matches found;
	size_t i;
	int result = gv_match_find(&found, &f->index, prints);

	for (i = 0; result == 0 && i < found.n; i++) {
		const struct gv_match *m = &found.items[i];

		result = add_match(f->r,
		    &(struct gv_reuse_match){ .kind = m->is_renamed
			    ? GV_REUSE_RENAMED
			    : GV_REUSE_COPIED,
			.from = m->file,
			.to = to,
			.from_first = m->first,
			.from_last = m->last,
			.to_first = m->to_first,
			.to_last = m->to_last,
			.tokens = m->tokens,
			.alike = m->alike });
	}
	free(found.items);
	return result;
}

static int
compare_file(void *ctx, uint32_t file, const char *text, size_t len)
{
	struct gv_prints prints[GV_PRINT_STREAMS];
	struct finding *f = ctx;
	const uint32_t lines = count_lines(text, len);
	uint32_t from;
	int result;

	result = gv_prints_of(prints, f->r->files[file].path, text, len);
	if (result < 0)
		goto out;
	if (is_same(&from, f, file))
		result = add_match(f->r,
		    &(struct gv_reuse_match){ .kind = GV_REUSE_SAME,
			.from = from,
			.to = file,
			.from_first = 1,
			.from_last = lines,
			.to_first = 1,
			.to_last = lines,
			.tokens = prints[0].tokens,
			.alike = 100 });
	else
		result = add_runs(f, file, prints);
out:
	gv_prints_release(&prints[0]);
	gv_prints_release(&prints[1]);
	return result;
}

static int
add_file(void *ctx, uint32_t file, const char *text, size_t len)
{
	struct gv_prints prints[GV_PRINT_STREAMS];
	struct finding *f = ctx;
	int result = gv_prints_of(prints, f->r->files[file].path, text, len);

	if (result == 0)
		result = gv_match_add(&f->index, file, prints);
	gv_prints_release(&prints[0]);
	gv_prints_release(&prints[1]);
	return result;
}

/* Whether a file is where the text is. */
static bool
is_itself(const struct finding *f, const struct gv_reuse_file *file)
{
	const char *top = f->r->projects[file->project].path;
	const size_t n = strlen(top);

	return f->text && strncmp(f->text->path, top, n) == 0 &&
	    f->text->path[n] == '/' &&
	    strcmp(f->text->path + n + 1, file->path) == 0;
}

static int
read_project(struct finding *f, uint32_t project, gv_reuse_read_fn *fn)
{
	struct gv_reuse *r = f->r;
	uint32_t *files = malloc((r->n_files + 1) * sizeof(*files)), i;
	size_t n = 0;
	int result;

	if (files == NULL)
		return gv_err_nomem();
	for (i = 0; i < r->n_files; i++)
		if (r->files[i].project == project &&
		    !is_itself(f, &r->files[i]))
			files[n++] = i;
	result = gv_reuse_read(r, project, files, n, fn, f);
	free(files);
	return result;
}

static int
by_length(const void *a, const void *b)
{
	const struct gv_reuse_match *x = a, *y = b;

	if (x->tokens != y->tokens)
		return x->tokens < y->tokens ? 1 : -1;
	if (x->to != y->to)
		return x->to > y->to ? 1 : -1;
	return (x->to_first > y->to_first) - (x->to_first < y->to_first);
}

static int
end(struct finding *f, int result)
{
	struct gv_reuse *r = f->r;

	gv_match_release(&f->index);
	if (r->n_matches)
		qsort(r->matches, r->n_matches, sizeof(*r->matches), by_length);
	return result;
}

/* Of a part of a text, what begins and ends in it. */
static void
cut(struct gv_prints *p, uint32_t first, uint32_t last)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		if (p->items[i].first >= first && p->items[i].last <= last)
			p->items[n++] = p->items[i];
	p->n = n;
}

int
gv_reuse_find(struct gv_reuse *r, const struct gv_reuse_text *text)
{
	struct finding f = { .r = r, .text = text };
	struct gv_prints prints[GV_PRINT_STREAMS];
	uint32_t i;
	int result;

	gv_hash_object(&f.oid, GV_OTYPE_BLOB, text->text, text->len);
	result = gv_prints_of(prints, text->path, text->text, text->len);
	for (i = 0; text->first && i < GV_PRINT_STREAMS; i++)
		cut(&prints[i], text->first, text->last);
	if (result == 0)
		result = gv_match_add(&f.index, GV_REUSE_TEXT, prints);
	gv_match_end(&f.index);
	for (i = 0; i < GV_PRINT_STREAMS; i++)
		gv_prints_release(&prints[i]);
	for (i = 0; result == 0 && i < r->n_projects; i++)
		result = read_project(&f, i, compare_file);
	return end(&f, result);
}

int
gv_reuse_between(struct gv_reuse *r)
{
	struct finding f = { .r = r };
	int result = read_project(&f, 0, add_file);

	gv_match_end(&f.index);
	if (result == 0)
		result = read_project(&f, 1, compare_file);
	return end(&f, result);
}
