#include "infra/sister.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "infra/environment.h"

/*
 * Where the files of one environment are in another one. A path goes from the
 * left to the right, one name between '/' at a time, so a file is always in the
 * folder that its own folder becomes.
 */

struct word {
	size_t at, len; /* in the name */
	bool is_weak;   /* it means much else */
};

static bool
is_between(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

/* The first word at or behind `from` that is `env`; as a policy writes it, or
 * in any spelling. */
static bool
next_word(struct word *out, const char *name, size_t len, size_t from,
    const char *env)
{
	const size_t n = strlen(env);
	struct gv_environment_word w;
	size_t i = from;

	while (i < len) {
		if (len - i >= n && memcmp(name + i, env, n) == 0 &&
		    (i + n == len || is_between(name[i + n]))) {
			*out = (struct word){ .at = i, .len = n };
			out->is_weak =
			    gv_environment_next_word(&w, name, i + n, i) &&
			    w.at == i && w.proof != GV_ENVIRONMENT_BY_NAME;
			return true;
		}
		if (gv_environment_next_word(&w, name, len, i) && w.at == i) {
			*out = (struct word){ .at = i,
				.len = w.len,
				.is_weak = w.proof != GV_ENVIRONMENT_BY_NAME };
			if (w.name && strcmp(w.name, env) == 0)
				return true;
			i += w.len;
		}
		while (i < len && !is_between(name[i]))
			i++;
		i++;
	}
	return false;
}

/* "test" is a folder of tests as well: what counts is a name that is nothing
 * else, once, and one that is an environment without its folder. */
static bool
is_meant(bool *was_folder, const struct word *w, const char *name, size_t len,
    const char *env)
{
	struct gv_buf alone = GV_BUF_INIT;
	const char *of = NULL;

	if (!w->is_weak)
		return true;
	if (w->at == 0 && w->len == len) {
		if (*was_folder)
			return false;
		return *was_folder = true;
	}
	gv_buf_add(&alone, name, len);
	if (gv_buf_check(&alone) == 0)
		of = gv_environment_of(alone.p);
	gv_buf_release(&alone);
	return of && strcmp(of, env) == 0;
}

/* ---- how the other one is spelled ---------------------------------------- */

void
gv_sister_begin(struct gv_sister_move *move, const char *from, const char *to)
{
	*move = (struct gv_sister_move){ .from = from,
		.to = to,
		.places = GV_MAP_INIT,
		.spellings = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
}

void
gv_sister_release(struct gv_sister_move *move)
{
	gv_map_release(&move->places);
	gv_map_release(&move->spellings);
	gv_arena_release(&move->arena);
}

/* A place: all of the path up to the word, and the rest of the name. */
static void
put_place(struct gv_buf *out, const char *path, size_t dir, const char *name,
    size_t len, const struct word *w)
{
	gv_buf_reset(out);
	gv_buf_add(out, path, dir);
	gv_buf_add(out, name, w->at);
	gv_buf_addch(out, '\1');
	gv_buf_add(out, name + w->at + w->len, len - w->at - w->len);
}

struct spelling {
	const char *text;
	size_t n;
};

static int
count(struct gv_sister_move *m, const char **out, const char *text, size_t len)
{
	struct spelling *s = gv_map_get(&m->spellings, text, len),
			*usual = NULL;
	int r;

	if (s == NULL) {
		s = gv_arena_alloc(&m->arena, sizeof(*s));
		if (s == NULL ||
		    (s->text = gv_arena_copy(&m->arena, text, len)) == NULL)
			return GV_ENOMEM;
		s->n = 0;
		if ((r = gv_map_put(&m->spellings, s->text, len, s)) < 0)
			return r;
	}
	s->n++;
	if (m->usual)
		usual = gv_map_get(&m->spellings, m->usual, strlen(m->usual));
	if (usual == NULL || s->n > usual->n)
		m->usual = s->text;
	*out = s->text;
	return 0;
}

static int
learn(struct gv_sister_move *m, struct gv_buf *place, const char *path,
    size_t dir, size_t len)
{
	const char *name = path + dir, *text, *key;
	struct word w;
	size_t at;
	int r;

	for (at = 0; next_word(&w, name, len, at, m->to); at = w.at + w.len) {
		put_place(place, path, dir, name, len, &w);
		if ((r = gv_buf_check(place)) < 0 ||
		    (r = count(m, &text, name + w.at, w.len)) < 0)
			return r;
		if (gv_map_get(&m->places, place->p, place->len))
			continue;
		key = gv_arena_copy(&m->arena, place->p, place->len);
		if (key == NULL)
			return GV_ENOMEM;
		if ((r = gv_map_put(
			 &m->places, key, place->len, (void *)text)) < 0)
			return r;
	}
	return 0;
}

int
gv_sister_learn(struct gv_sister_move *move, const char *path, size_t len)
{
	struct gv_buf place = GV_BUF_INIT;
	size_t dir = 0, end;
	int r = 0;

	for (; r == 0 && dir < len; dir = end + 1) {
		for (end = dir; end < len && path[end] != '/'; end++)
			;
		r = learn(move, &place, path, dir, end - dir);
	}
	gv_buf_release(&place);
	return r;
}

/* What a name can have in it; the rest is between names. */
static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool
gv_sister_is_named(
    const struct gv_sister_move *move, const char *text, size_t len)
{
	struct word w;
	size_t at, end;

	for (at = 0; at < len; at = end + 1) {
		for (end = at; end < len && is_of_name(text[end]); end++)
			;
		if (next_word(&w, text + at, end - at, 0, move->from) &&
		    (!w.is_weak || w.len == end - at))
			return true;
	}
	return false;
}

/* ---- the other path ------------------------------------------------------ */

/* Without an example, `to` begins with a capital where the other one does. */
static void
put_name(struct gv_buf *out, const char *to, const char *like)
{
	const bool is_capital = *like >= 'A' && *like <= 'Z';

	if (is_capital && *to >= 'a' && *to <= 'z')
		gv_buf_addch(out, (char)(*to++ - 'a' + 'A'));
	gv_buf_addstr(out, to);
}

static int
put_name_of(struct gv_buf *out, struct gv_buf *place,
    const struct gv_sister_move *m, const char *name, size_t len,
    bool *was_folder)
{
	const size_t dir = out->len;
	const char *text;
	struct word w;
	size_t at = 0;

	while (next_word(&w, name, len, at, m->from)) {
		gv_buf_add(out, name + at, w.at - at);
		at = w.at + w.len;
		if (!is_meant(was_folder, &w, name, len, m->from)) {
			gv_buf_add(out, name + w.at, w.len);
			continue;
		}
		put_place(place, out->p, dir, name, len, &w);
		if (gv_buf_check(place) < 0)
			return GV_ENOMEM;
		text = gv_map_get(&m->places, place->p, place->len);
		text = text ? text : m->usual;
		if (text)
			gv_buf_addstr(out, text);
		else
			put_name(out, m->to, name + w.at);
	}
	gv_buf_add(out, name + at, len - at);
	return gv_buf_check(out);
}

int
gv_sister_path(struct gv_buf *out, const struct gv_sister_move *move,
    const char *path, size_t len)
{
	struct gv_buf place = GV_BUF_INIT, all = GV_BUF_INIT;
	bool was_folder = false;
	size_t at = 0, end;
	int r = 0;

	for (; r == 0 && at < len; at = end + 1) {
		for (end = at; end < len && path[end] != '/'; end++)
			;
		if (at)
			gv_buf_addch(&all, '/');
		r = put_name_of(
		    &all, &place, move, path + at, end - at, &was_folder);
	}
	gv_buf_add(out, all.p, all.len);
	gv_buf_release(&place);
	gv_buf_release(&all);
	return r < 0 ? r : gv_buf_check(out);
}
