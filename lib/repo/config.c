#include "repo/config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/vec.h"

static const char *const scopes[] = { "system", "global", "local", "worktree",
	"command" };

static int
parse_scope(enum gv_config_scope *out, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(text, scopes[i]) == 0) {
			*out = (enum gv_config_scope)i;
			return 0;
		}
	return gv_err(GV_ECORRUPT,
	    "git config names a scope '%s' that is not known here", text);
}

/* The next string behind *p, which is moved to it; false at the end. */
static bool
next_string(char **p, const char *end)
{
	*p += strlen(*p) + 1;
	return *p < end;
}

int
gv_config_parse(struct gv_config *out, char *text, size_t len, bool has_origins)
{
	struct gv_config c = { .text = text };
	char *p = text, *end = text + len, *nl;
	size_t cap = 0;
	int r = 0;

	while (p < end) {
		struct gv_config_entry e = { 0 };

		r = parse_scope(&e.scope, p);
		if (r < 0)
			goto fail;
		if (!next_string(&p, end) ||
		    (has_origins && (e.origin = p, !next_string(&p, end)))) {
			r = gv_err(GV_ECORRUPT, "git config ends early");
			goto fail;
		}
		e.key = p;
		nl = strchr(p, '\n');
		p += strlen(p) + 1;
		if (nl) {
			*nl = '\0';
			e.value = nl + 1;
		}
		r = GV_GROW(c.entries, c.n, cap);
		if (r < 0)
			goto fail;
		c.entries[c.n++] = e;
	}
	*out = c;
	return 0;
fail:
	gv_config_release(&c);
	return r;
}

void
gv_config_release(struct gv_config *c)
{
	if (c == NULL)
		return;
	free(c->entries);
	free(c->text);
	memset(c, 0, sizeof(*c));
}

bool
gv_config_is_read(const char *key)
{
	static const char *const sections[] = { "author", "branch", "color",
		"commit", "committer", "core", "diff", "extensions", "feature",
		"fetch", "filter", "gc", "gpg", "hook", "i18n", "include",
		"includeif", "index", "init", "lfs", "maintenance", "pack",
		"pager", "protocol", "push", "receive", "remote", "safe",
		"status", "submodule", "tag", "transfer", "uploadpack", "url",
		"user", "vault" };
	const size_t len = strcspn(key, ".");
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strncmp(sections[i], key, len) == 0 &&
		    sections[i][len] == '\0')
			return true;
	return false;
}

static const struct gv_config_entry *
find(const struct gv_config *c, const char *key)
{
	size_t i;

	assert(!c->is_cut || gv_config_is_read(key));
	for (i = c->n; i > 0; i--)
		if (strcmp(c->entries[i - 1].key, key) == 0)
			return &c->entries[i - 1];
	return NULL;
}

const char *
gv_config_get(const struct gv_config *c, const char *key)
{
	const struct gv_config_entry *e = find(c, key);

	if (e == NULL)
		return NULL;
	return e->value ? e->value : "";
}

bool
gv_config_has_section(const struct gv_config *c, const char *section)
{
	const size_t len = strlen(section);
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strncmp(c->entries[i].key, section, len) == 0 &&
		    c->entries[i].key[len] == '.')
			return true;
	return false;
}

/* A number as Git takes it: decimal, 0x… or 0…, then k, m, g or nothing. */
static int
parse_int(int64_t *out, const char *v)
{
	int64_t factor = 1;
	long long n;
	char *end;

	errno = 0;
	n = strtoll(v, &end, 0);
	if (end == v || errno == ERANGE)
		return GV_ERROR;
	if (strcasecmp(end, "k") == 0)
		factor = 1024;
	else if (strcasecmp(end, "m") == 0)
		factor = 1024 * 1024;
	else if (strcasecmp(end, "g") == 0)
		factor = 1024 * 1024 * 1024;
	else if (*end)
		return GV_ERROR;
	if (n > INT64_MAX / factor || n < INT64_MIN / factor)
		return GV_ERROR;
	*out = n * factor;
	return 0;
}

bool
gv_config_bool(const struct gv_config *c, const char *key, bool fallback)
{
	const struct gv_config_entry *e = find(c, key);
	const char *v = e ? e->value : NULL;
	int64_t n;

	if (e == NULL)
		return fallback;
	if (v == NULL || strcasecmp(v, "true") == 0 ||
	    strcasecmp(v, "yes") == 0 || strcasecmp(v, "on") == 0)
		return true;
	if (*v == '\0' || strcasecmp(v, "false") == 0 ||
	    strcasecmp(v, "no") == 0 || strcasecmp(v, "off") == 0)
		return false;
	return parse_int(&n, v) < 0 ? fallback : n != 0;
}

int64_t
gv_config_int(const struct gv_config *c, const char *key, int64_t fallback)
{
	const char *v = gv_config_get(c, key);
	int64_t n;

	return v && parse_int(&n, v) == 0 ? n : fallback;
}
