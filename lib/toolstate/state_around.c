#include "toolstate/state_internal.h"

#include <string.h>

/*
 * What stands around a map, and in it, where nothing can be trusted: the key
 * before it, and other things that have come to stand within it since what was
 * between them is gone.
 */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Whether a key has nothing of what stands between keys: then a quote before it
 * begins it, whatever the damage has left before that. */
static bool
is_word(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\0' || strchr("{}[]:, \\", p[i]))
			return false;
	return len > 0;
}

bool
gv_state_key_before(struct gv_jsontext_token *map, size_t before)
{
	const char *p = map->p, *begin = p - before, *end, *open;
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	while (p > begin && is_blank(p[-1]))
		p--;
	if (p == begin || *--p != ':')
		return false;
	while (p > begin && is_blank(p[-1]))
		p--;
	if (p == begin || *--p != '"')
		return false;
	end = p;
	while (p > begin && p[-1] != '"')
		p--;
	/* a quote that is escaped does not begin it */
	if (p - begin < 2 || p[-2] == '\\')
		return false;
	for (open = p - 1; open > begin && is_blank(open[-1]); open--)
		;
	if ((open == begin || (open[-1] != ',' && open[-1] != '{')) &&
	    !is_word(p, (size_t)(end - p)))
		return false;
	gv_jsontext_init(&j, p - 1, (size_t)(end + 1 - (p - 1)));
	if (gv_jsontext_value(&j, &t) <= 0 || t.kind != GV_JSONTEXT_TEXT ||
	    t.p + t.len != end)
		return false;
	map->has_key = true;
	map->key = t.p;
	map->key_len = t.len;
	map->key_escaped = t.escaped;
	return true;
}

bool
gv_state_has_within(const struct gv_jsontext_token *map,
    const char *const *names, size_t n, unsigned depth)
{
	unsigned char seen[GV_JSONTEXT_MAX_DEPTH + 1] = { 0 };
	const unsigned all = (1U << n) - 1;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which;
	unsigned in;

	gv_jsontext_init(&j, map->p, map->len);
	while (gv_jsontext_next(&j, &t) > 0) {
		const bool is_in =
		    t.kind == GV_JSONTEXT_MAP || t.kind == GV_JSONTEXT_LIST;

		if (t.kind == GV_JSONTEXT_MAP_END ||
		    t.kind == GV_JSONTEXT_LIST_END)
			continue;
		/* the level that a key stands in */
		in = j.depth - (is_in ? 1 : 0);
		which = gv_state_key(&t, names, n);
		if (which < n && t.kind != GV_JSONTEXT_NULL)
			seen[in] |= (unsigned char)(1U << which);
		if (which < n && in >= depth && (seen[in] & all) == all)
			return true;
		if (is_in)
			seen[j.depth] = 0;
	}
	return false;
}

bool
gv_state_has_twice(const struct gv_jsontext_token *map, const char *name)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	unsigned n = 0;

	gv_jsontext_init(&j, map->p, map->len);
	(void)gv_jsontext_next(&j, &t);
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END)
		n += gv_state_key(&t, &name, 1) == 0;
	return n > 1;
}

size_t
gv_state_first_key(const char *p, size_t len, const char *const *names,
    size_t n, struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	gv_jsontext_init(j, p, len);
	if (gv_jsontext_next(j, t) <= 0 || t->kind != GV_JSONTEXT_MAP ||
	    gv_jsontext_next(j, t) <= 0)
		return n;
	return gv_state_key(t, names, n);
}

bool
gv_state_looks(const struct gv_state_salvage *how, const char *p, size_t len,
    size_t before, bool *is_sorted)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t n = 0;

	if (how->looks)
		return how->looks(p, len, before, is_sorted);
	*is_sorted = false;
	while (how->first[n])
		n++;
	return gv_state_first_key(p, len, how->first, n, &j, &t) < n;
}
