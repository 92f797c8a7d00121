#include "git-vault/history/diff_specs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "sys/env.h"

#define LITERAL "GIT_LITERAL_PATHSPECS"

/* Whether the user wants pathspecs without magic, as git reads it. */
static bool
is_literal(const char *value)
{
	static const char *const no[] = { "0", "false", "no", "off" };
	size_t i;

	for (i = 0; value && i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return value != NULL;
}

/* The arguments and the environment share what the system has for them. */
static bool
is_too_much(size_t bytes)
{
	long max = sysconf(_SC_ARG_MAX);

	return max > 0 && bytes > (size_t)max / 2;
}

int
gv_diff_specs_add(
    struct gv_diff_specs *s, const char *magic, const char *path, size_t len)
{
	struct gv_buf spec = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&spec, magic);
	gv_buf_add(&spec, path, len);
	if ((r = gv_buf_check(&spec)) == 0)
		r = gv_vec_grow(
		    (void **)&s->v, &s->cap, s->n + 2, sizeof(*s->v));
	if (r < 0)
		goto out;
	s->bytes += spec.len + 1 + sizeof(*s->v);
	if (is_too_much(s->bytes)) {
		r = gv_err(GV_EREFUSED,
		    "more paths than fit into one git command; name fewer");
		goto out;
	}
	s->v[s->n] = gv_arena_copy(&s->arena, spec.p, spec.len);
	s->v[s->n + 1] = NULL;
	if (s->v[s->n++] == NULL)
		r = GV_ENOMEM;
out:
	gv_buf_release(&spec);
	return r;
}

int
gv_diff_specs_init(struct gv_diff_specs *s, const char *const *given)
{
	const char *value = gv_env_get(LITERAL);
	const char *magic = is_literal(value) ? ":(literal)" : "";
	int r = 0;

	*s = (struct gv_diff_specs){ .arena = GV_ARENA_INIT };
	if (value) {
		s->literal = strdup(value);
		if (s->literal == NULL)
			return gv_err_nomem();
		r = gv_env_set(LITERAL, NULL);
	}
	if (r == 0 && given && given[0] == NULL)
		return gv_diff_specs_add(s, ":(top)", "", 0);
	for (; r == 0 && given && *given; given++)
		r = gv_diff_specs_add(s, magic, *given, strlen(*given));
	return r;
}

void
gv_diff_specs_release(struct gv_diff_specs *s)
{
	if (s->literal)
		(void)gv_env_set(LITERAL, s->literal);
	free(s->literal);
	free(s->v);
	gv_arena_release(&s->arena);
	memset(s, 0, sizeof(*s));
}
