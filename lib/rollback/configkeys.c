#include "rollback/configkeys.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "rollback/configkeys_internal.h"
#include "lex/syntax.h"

/* ---- what is found ------------------------------------------------------- */

int
gv_configkeys_add(struct gv_configkeys *k, const char *name, size_t name_len,
    size_t at, size_t len)
{
	size_t before = k->names.len;
	int r;

	if (k->n == GV_CONFIGKEYS_MAX || name_len > GV_CONFIGKEYS_NAME_MAX ||
	    memchr(name, '\0', name_len))
		return GV_EREFUSED;
	if ((r = GV_GROW(k->keys, k->n, k->cap)) < 0 ||
	    (r = gv_secret_add(&k->names, name, name_len)) < 0)
		return r;
	k->keys[k->n++] =
	    (struct gv_configkeys_key){ before, name_len, at, len };
	return 0;
}

const char *
gv_configkeys_name(const struct gv_configkeys *k,
    const struct gv_configkeys_key *key, size_t *len)
{
	*len = key->name_len;
	return key->name_len ? (const char *)k->names.p + key->name : "";
}

/* ---- names that can be shown ----------------------------------------------
 */

#define WORD_MAX  20 /* letters of a word */
#define HUMPS_MAX 4  /* capitals inside a word, as in camelCase */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_word(const char *p, size_t len)
{
	size_t i, numbers = 0, humps = 0;

	for (i = 0; i < len; i++) {
		if (!is_digit(p[i]) && !is_lower(p[i]) && !is_upper(p[i]))
			return false;
		numbers += is_digit(p[i]) && (i == 0 || !is_digit(p[i - 1]));
		humps += i && is_upper(p[i]) && is_lower(p[i - 1]);
	}
	return len <= WORD_MAX && numbers <= 1 && humps <= HUMPS_MAX;
}

bool
gv_configkeys_is_plain(const char *name, size_t len)
{
	const char *end = name + len, *p = name, *q;

	for (; p < end; p = q + (q < end)) {
		q = p;
		while (q < end && *q != '_' && *q != '.' && *q != '-')
			q++;
		if (!is_word(p, (size_t)(q - p)))
			return false;
	}
	return len > 0;
}

void
gv_configkeys_release(struct gv_configkeys *k)
{
	gv_secret_release(&k->names);
	free(k->keys);
	memset(k, 0, sizeof(*k));
}

/* ---- the path to it ------------------------------------------------------ */

int
gv_configkeys_path_enter(struct gv_configkeys_path *p, size_t at, bool is_map)
{
	if (p->depth == GV_CONFIGKEYS_DEPTH_MAX)
		return GV_EREFUSED;
	p->levels[p->depth++] = (struct gv_configkeys_level){
		.len = p->text.len, .at = at, .is_map = is_map
	};
	return 0;
}

int
gv_configkeys_path_add(
    struct gv_configkeys_path *p, const char *name, size_t len)
{
	int r = 0;

	if (len > GV_CONFIGKEYS_NAME_MAX ||
	    p->text.len + len > GV_CONFIGKEYS_NAME_MAX)
		return GV_EREFUSED;
	if (p->text.len)
		r = gv_secret_add(&p->text, ".", 1);
	return r < 0 ? r : gv_secret_add(&p->text, name, len);
}

int
gv_configkeys_path_set(
    struct gv_configkeys_path *p, const char *name, size_t len)
{
	gv_secret_truncate(
	    &p->text, p->depth ? p->levels[p->depth - 1].len : 0);
	return gv_configkeys_path_add(p, name, len);
}

int
gv_configkeys_path_tell(struct gv_configkeys_path *p, size_t at, size_t len)
{
	/* a value that is all of its document has no key */
	if (p->text.len == 0)
		return 0;
	return gv_configkeys_add(
	    p->out, (const char *)p->text.p, p->text.len, at, len);
}

/* ---- the syntaxes -------------------------------------------------------- */

typedef int reader(struct gv_configkeys *out, const char *text, size_t len);

/* The path alone says it: what a text without a name looks like is a guess. */
static reader *
reader_of(const char *path)
{
	switch (gv_syntax_of(path, "", 0)) {
	case GV_SYNTAX_ENV:
	case GV_SYNTAX_SHELL:
		return gv_configkeys_read_env;
	case GV_SYNTAX_INI:
		return gv_configkeys_read_ini;
	case GV_SYNTAX_YAML:
		return gv_configkeys_read_yaml;
	case GV_SYNTAX_JSON:
		return gv_configkeys_read_json;
	case GV_SYNTAX_HCL:
		return gv_configkeys_read_hcl;
	default:
		return NULL;
	}
}

bool
gv_configkeys_knows(const char *path)
{
	return reader_of(path) != NULL;
}

int
gv_configkeys_read(
    struct gv_configkeys *out, const char *path, const char *text, size_t len)
{
	reader *read = reader_of(path);
	int r = gv_secret_ready();

	memset(out, 0, sizeof(*out));
	if (r < 0)
		return r;
	if (read == NULL || len > GV_CONFIGKEYS_TEXT_MAX ||
	    (len && memchr(text, '\0', len)) || !gv_utf8_is_valid(text, len))
		return GV_ENOTFOUND;
	r = read(out, text, len);
	if (r < 0)
		gv_configkeys_release(out);
	return r == GV_EREFUSED ? GV_ENOTFOUND : r;
}
