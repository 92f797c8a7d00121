#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "base/vec.h"

/*
 * The name that was probably meant. Only names of the same space and folder,
 * and files of the same folder, are looked at: a suggestion from far away is
 * worse than none.
 */

/* A third of the letters may be wrong, but no more than three. */
static struct gv_near
near_to(const char *name)
{
	const size_t len = strlen(name);

	return gv_near_within(name, len, len / 3 > 3 ? 3 : len / 3);
}

/* ---- one slip of the hand ------------------------------------------------ */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How many letters are around the i-th. */
static size_t
letters_around(const char *p, size_t len, size_t i, size_t *before)
{
	size_t from = i, to = i;

	while (from > 0 && is_letter(p[from - 1]))
		from--;
	while (to < len && is_letter(p[to]))
		to++;
	*before = i - from;
	return to - from;
}

bool
gv_lint_is_slip(const char *a, const char *b)
{
	const size_t a_len = strlen(a), b_len = strlen(b);
	size_t from = 0, end = 0, x, y, i, before;

	while (from < a_len && from < b_len && a[from] == b[from])
		from++;
	while (end < a_len - from && end < b_len - from &&
	    a[a_len - 1 - end] == b[b_len - 1 - end])
		end++;
	x = a_len - from - end;
	y = b_len - from - end;
	if (x > 2 || y > 2 || x + y == 0 ||
	    (x + y > 2 &&
		(x != y || a[from] != b[from + 1] || a[from + 1] != b[from])) ||
	    (x + y == 2 && x != y))
		return false;
	for (i = 0; i < x; i++)
		if (!is_letter(a[from + i]))
			return false;
	for (i = 0; i < y; i++)
		if (!is_letter(b[from + i]))
			return false;
	return letters_around(a, a_len, from, &before) >= 4 && before > 0 &&
	    letters_around(b, b_len, from, &before) >= 4;
}

/* ---- names --------------------------------------------------------------- */

/* The names of a space that a folder has. Who misses one name of a folder as a
 * rule misses more, so that those of the last folders are at hand. */
struct names {
	uint32_t folder;
	enum gv_symbol_space space;
	bool is_gathered;
	struct name {
		const char *p;
		uint32_t len;
		uint32_t letters; /* those that it has, a bit each */
	} * items;
	size_t n, cap;
};

#define NAMES 16 /* a power of two */

struct gv_lint_nearby {
	struct names names[NAMES];
};

static uint32_t
letters_of(const char *p, size_t len)
{
	uint32_t letters = 0;
	size_t i;

	for (i = 0; i < len; i++)
		letters |= UINT32_C(1) << (p[i] & 31);
	return letters;
}

static bool
add_name(struct names *names, const char *p, uint32_t len)
{
	if (GV_GROW(names->items, names->n, names->cap) < 0)
		return false;
	names->items[names->n++] = (struct name){ p, len, letters_of(p, len) };
	return true;
}

static bool
gather(struct names *names, const struct gv_lint *c)
{
	const struct gv_depgraph_folder *f = &c->graph->folders[names->folder];
	const uint32_t end =
	    gv_symbol_reach(names->space) == GV_SYMBOL_REACH_CHART
	    ? f->end
	    : f->first + f->n;
	uint32_t i, k;

	names->n = 0;
	for (i = f->first; i < end; i++) {
		const struct gv_depgraph_file *file = &c->graph->files[i];

		for (k = file->first; k < file->first + file->n; k++) {
			const struct gv_symbol *s = &c->graph->symbols.items[k];

			if (s->kind != GV_SYMBOL_DEFINITION ||
			    s->word != names->space)
				continue;
			if (!add_name(names, gv_lint_name(c, s), s->name.len))
				return false;
			/* it may be suggested */
			gv_lint_saw(c, i);
		}
	}
	return true;
}

static const struct names *
names_of(struct gv_lint *c, uint32_t folder, enum gv_symbol_space space)
{
	struct names *names;

	if (c->nearby == NULL &&
	    (c->nearby = calloc(1, sizeof(*c->nearby))) == NULL) {
		c->failed = true;
		return NULL;
	}
	names = &c->nearby->names[space & (NAMES - 1)];
	if (names->is_gathered && names->folder == folder &&
	    names->space == space)
		return names;
	names->folder = folder;
	names->space = space;
	names->is_gathered = gather(names, c);
	c->failed |= !names->is_gathered;
	return names->is_gathered ? names : NULL;
}

void
gv_lint_near_end(struct gv_lint *c)
{
	size_t i;

	for (i = 0; c->nearby && i < NAMES; i++)
		free(c->nearby->names[i].items);
	free(c->nearby);
	c->nearby = NULL;
}

const char *
gv_lint_near(struct gv_lint *c, uint32_t folder, enum gv_symbol_space space,
    const char *name)
{
	struct gv_near near = near_to(name);
	const uint32_t letters = letters_of(name, strlen(name));
	const struct names *names =
	    folder == GV_DEPGRAPH_NONE ? NULL : names_of(c, folder, space);
	size_t i;

	for (i = 0; names && i < names->n && near.least > 1; i++) {
		const struct name *n = &names->items[i];

		/* an edit takes one letter away at most, and brings one */
		if ((size_t)__builtin_popcount(n->letters ^ letters) <=
		    2 * (near.least - 1))
			gv_near_add(&near, n->p, n->len);
	}
	return near.name;
}

const char *
gv_lint_sure(struct gv_lint *c, uint32_t folder, enum gv_symbol_space space,
    const char *name)
{
	const struct names *names =
	    folder == GV_DEPGRAPH_NONE ? NULL : names_of(c, folder, space);
	const char *sure = NULL;
	size_t i;

	for (i = 0; names && i < names->n; i++) {
		const char *own = names->items[i].p;

		if (!gv_lint_is_slip(name, own))
			continue;
		if (sure && strcmp(sure, own) != 0)
			return NULL;
		sure = own;
	}
	return sure;
}

/* ---- paths --------------------------------------------------------------- */

const char *
gv_lint_near_path(const struct gv_lint *c, const char *path, bool *is_case)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash ? (size_t)(slash - path) : 0;
	const char *name = slash ? slash + 1 : path;
	const uint32_t folder = gv_depgraph_find_folder(c->graph, path, len);
	struct gv_near near = near_to(name);
	const struct gv_depgraph_folder *f;
	const char *whole = NULL;
	uint32_t i;

	*is_case = false;
	if (folder == GV_DEPGRAPH_NONE || *name == '\0')
		return NULL;
	f = &c->graph->folders[folder];
	for (i = f->first; i < f->first + f->n; i++) {
		const struct gv_depgraph_file *file = &c->graph->files[i];
		const char *own = strrchr(file->path, '/');

		own = own ? own + 1 : file->path;
		if (strcasecmp(own, name) == 0) {
			*is_case = true;
			return file->path;
		}
		if (gv_near_add(&near, own, strlen(own)))
			whole = file->path;
	}
	return whole;
}

const char *
gv_lint_sure_path(const struct gv_lint *c, const char *path)
{
	const char *slash = strrchr(path, '/'), *sure = NULL;
	const char *name = slash ? slash + 1 : path;
	const uint32_t folder = gv_depgraph_find_folder(
	    c->graph, path, slash ? (size_t)(slash - path) : 0);
	const struct gv_depgraph_folder *f;
	uint32_t i;

	if (folder == GV_DEPGRAPH_NONE)
		return NULL;
	f = &c->graph->folders[folder];
	for (i = f->first; i < f->first + f->n; i++) {
		const char *other = c->graph->files[i].path,
			   *own = strrchr(other, '/');

		own = own ? own + 1 : other;
		if (strcasecmp(own, name) != 0 && !gv_lint_is_slip(name, own))
			continue;
		if (sure)
			return NULL;
		sure = other;
	}
	return sure;
}
