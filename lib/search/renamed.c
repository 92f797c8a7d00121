#include "search/renamed.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "search/sought.h"

struct name {
	const char *p;
	size_t len, lines;
};

/* A line with the old name: what is before, between and behind it. */
struct line {
	const char *p, *end;
	const char *name; /* where it begins for the first time */
	size_t len;       /* of the name */
	size_t times;
};

static bool
is_name(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static size_t
count_times(const struct line *l)
{
	const char *p = l->name;
	size_t n = 0;

	while (p && p < l->end) {
		n++;
		p += l->len;
		p = memmem(p, (size_t)(l->end - p), l->name, l->len);
	}
	return n;
}

/* Whether a line is the old one with `len` bytes at `name` wherever that has
 * its name. */
static bool
is_replaced(const struct line *old, const char *p, const char *end,
    const char *name, size_t len)
{
	const char *q = old->p;

	while (q < old->end && p < end) {
		if ((size_t)(old->end - q) >= old->len &&
		    memcmp(q, old->name, old->len) == 0) {
			if ((size_t)(end - p) < len ||
			    memcmp(p, name, len) != 0)
				return false;
			q += old->len;
			p += len;
		} else if (*q++ != *p++) {
			return false;
		}
	}
	return q == old->end && p == end;
}

/* The name that a line has in place of the old one; its length, or 0. */
static size_t
find_name(const struct line *old, const char *p, const char *end)
{
	const size_t before = (size_t)(old->name - old->p);
	const size_t rest = (size_t)(old->end - old->p) - old->times * old->len;
	const size_t line = (size_t)(end - p);
	size_t len, i;

	if (old->times == 0 || line <= rest ||
	    (line - rest) % old->times != 0 || memcmp(p, old->p, before) != 0)
		return 0;
	len = (line - rest) / old->times;
	for (i = 0; i < len; i++)
		if (!is_name(p[before + i]))
			return 0;
	if ((len == old->len && memcmp(p + before, old->name, len) == 0) ||
	    (p[before] >= '0' && p[before] <= '9'))
		return 0;
	return is_replaced(old, p, end, p + before, len) ? len : 0;
}

static void
count(struct name names[GV_RENAMED_NAMES], size_t *n, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (names[i].len == len && memcmp(names[i].p, p, len) == 0)
			break;
	if (i == GV_RENAMED_NAMES)
		return;
	if (i == *n)
		names[(*n)++] = (struct name){ .p = p, .len = len };
	names[i].lines++;
}

/* The texts before and after. */
struct texts {
	const char *old, *new;
	size_t old_len, new_len;
};

/* Whether the old text had a line already. */
static bool
was_there(const struct texts *t, const char *line, const char *end)
{
	const char *p = t->old, *last = t->old + t->old_len;
	const size_t len = (size_t)(end - line);

	while ((p = memmem(p, (size_t)(last - p), line, len)) != NULL) {
		if ((p == t->old || p[-1] == '\n') &&
		    (p + len == last || p[len] == '\n'))
			return true;
		p++;
	}
	return false;
}

/* The first new line of the new text that the old one became. */
static void
look(struct name names[GV_RENAMED_NAMES], size_t *n, const struct line *old,
    const struct texts *t)
{
	const char *p, *end, *last = t->new + t->new_len;
	size_t len;

	for (p = t->new; p < last; p = end + 1) {
		end = memchr(p, '\n', (size_t)(last - p));
		end = end ? end : last;
		if ((len = find_name(old, p, end)) == 0 || was_there(t, p, end))
			continue;
		count(names, n, p + (old->name - old->p), len);
		return;
	}
}

static void
look_for(struct name names[GV_RENAMED_NAMES], size_t *n, const struct texts *t,
    const struct gv_sought_hit *hit)
{
	struct line line = { .p = t->old + hit->line,
		.end = t->old + hit->line + hit->line_len,
		.name = t->old + hit->at,
		.len = hit->match };

	line.times = count_times(&line);
	look(names, n, &line, t);
}

size_t
gv_renamed_find(size_t *at, const struct gv_sought *sought, const char *old,
    size_t old_len, const char *new, size_t new_len)
{
	const struct texts texts = { old, new, old_len, new_len };
	struct name names[GV_RENAMED_NAMES], *best = NULL;
	struct gv_sought_hit hit = { 0 };
	size_t n = 0, lines = 0, i;

	if (old_len == 0 || new_len == 0)
		return 0;
	while (lines < GV_RENAMED_LINES &&
	    gv_sought_next(&hit, sought, old, old_len)) {
		if (hit.is_word && hit.match) {
			lines++;
			look_for(names, &n, &texts, &hit);
		}
	}
	for (i = 0; i < n; i++)
		if (best == NULL || names[i].lines > best->lines)
			best = &names[i];
	if (best == NULL || 2 * best->lines < lines)
		return 0;
	*at = (size_t)(best->p - new);
	return best->len;
}
