#include "toolstate/state_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * A path is a list of steps, of which the first names an attribute: all of that
 * is taken as sensitive. What cannot be read is of the whole instance.
 *
 *	[ [ { "type": "get_attr", "value": "password" } ] ]
 */

static int
compare(const void *of_a, const void *of_b)
{
	const struct gv_state_text *a = of_a, *b = of_b;
	int r = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);

	if (r)
		return r;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* The same text without escapes. */
static int
make_plain(struct gv_state_sensitive *s, struct gv_state_text *text)
{
	char *p;

	if (!text->escaped)
		return 0;
	p = gv_arena_copy(&s->words, text->p, text->len);
	if (p == NULL)
		return GV_ENOMEM;
	text->len = gv_jsontext_decode(p, p, text->len);
	text->p = p;
	text->escaped = false;
	return 0;
}

static int
add_name(struct gv_state_sensitive *s, struct gv_state_text name)
{
	int r = make_plain(s, &name);

	if (r == 0 && (r = GV_GROW(s->names, s->n, s->cap)) == 0)
		s->names[s->n++] = name;
	return r;
}

int
gv_state_sensitive_add(struct gv_state_sensitive *s, const char *word,
    const struct gv_jsontext_token *name)
{
	struct gv_state_text text = { NULL, strlen(word), name->escaped };
	char *p = gv_arena_alloc(&s->words, text.len + name->len + 1);

	if (p == NULL)
		return GV_ENOMEM;
	memcpy(p, word, text.len);
	memcpy(p + text.len, name->p, name->len);
	text.p = p;
	text.len += name->len;
	return add_name(s, text);
}

/* The first step of a path, which began: the name that it goes by; none where
 * it is not understood. */
static struct gv_state_text
read_step(struct gv_jsontext *j, const struct gv_jsontext_token *step)
{
	static const char *const names[] = { "value" };
	struct gv_state_text name = { NULL, 0, false };
	struct gv_jsontext_token t;

	if (step->kind != GV_JSONTEXT_MAP) {
		(void)gv_state_skip(j, step);
		return name;
	}
	while (gv_jsontext_value(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		if (gv_state_key(&t, names, 1) == 0)
			name = gv_state_text_of(&t);
	}
	return name;
}

/* A path, which began. What begins with no name is of the whole instance. */
static int
read_path(struct gv_state_sensitive *s, struct gv_jsontext *j,
    const struct gv_jsontext_token *path)
{
	struct gv_state_text name = { NULL, 0, false };
	struct gv_jsontext_token step;
	bool is_first = true;

	if (path->kind != GV_JSONTEXT_LIST) {
		(void)gv_state_skip(j, path);
		s->is_all = true;
		return 0;
	}
	while (gv_jsontext_next(j, &step) > 0 &&
	    step.kind != GV_JSONTEXT_LIST_END) {
		if (is_first)
			name = read_step(j, &step);
		else
			(void)gv_state_skip(j, &step);
		is_first = false;
	}
	if (name.p)
		return add_name(s, name);
	s->is_all = true;
	return 0;
}

int
gv_state_sensitive_read(struct gv_state_sensitive *s, struct gv_jsontext *j,
    const struct gv_jsontext_token *paths)
{
	struct gv_jsontext_token path;
	int r = 0;

	if (paths->kind != GV_JSONTEXT_LIST) {
		s->is_all |= paths->kind != GV_JSONTEXT_NULL;
		(void)gv_state_skip(j, paths);
		return 0;
	}
	while (r == 0 && gv_jsontext_next(j, &path) > 0 &&
	    path.kind != GV_JSONTEXT_LIST_END)
		r = read_path(s, j, &path);
	return r;
}

int
gv_state_sensitive_mark(
    struct gv_state_sensitive *s, struct gv_state_items *items, size_t first)
{
	struct gv_state_attribute *a;
	struct gv_state_text name;
	size_t i;
	int r = 0;

	if (s->n)
		qsort(s->names, s->n, sizeof(*s->names), compare);
	else if (!s->is_all)
		return 0;
	for (i = first; r == 0 && i < items->n_attributes; i++) {
		a = &items->attributes[i];
		name.p = a->name;
		name.len = a->name_len;
		name.escaped = memchr(a->name, '\\', a->name_len) != NULL;
		r = make_plain(s, &name);
		if (s->is_all ||
		    (r == 0 &&
			bsearch(
			    &name, s->names, s->n, sizeof(*s->names), compare)))
			a->marks |= GV_STATE_SENSITIVE;
	}
	return r;
}

void
gv_state_sensitive_reset(struct gv_state_sensitive *s)
{
	s->n = 0;
	s->is_all = false;
	gv_arena_release(&s->words);
}

void
gv_state_sensitive_release(struct gv_state_sensitive *s)
{
	gv_state_sensitive_reset(s);
	free(s->names);
}
