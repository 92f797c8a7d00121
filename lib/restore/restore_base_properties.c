#include "restore/restore_base_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "format/xmltag.h"
#include "sys/file.h"

/*
 * Properties as `svn proplist -v -R --xml` has them. A patch loses what is not
 * text, and those that are empty, so what it did not bring is set one by one.
 */

#define MAX_SET 1000

struct property {
	const char *path, *name;
	const char *text; /* as in the XML */
	size_t len;
	bool is_base64;
	struct property *next;
};

struct properties {
	struct gv_buf xml;
	struct gv_arena arena;
	struct gv_map map; /* by path, NUL and name */
	struct property *first, **last;
};

static void
release(struct properties *all)
{
	gv_map_release(&all->map);
	gv_arena_release(&all->arena);
	gv_buf_release(&all->xml);
}

static struct property *
find(const struct properties *all, const char *path, const char *name)
{
	struct gv_buf key = GV_BUF_INIT;
	struct property *p = NULL;

	gv_buf_add(&key, path, strlen(path) + 1);
	gv_buf_addstr(&key, name);
	if (!key.failed)
		p = gv_map_get(&all->map, key.p, key.len);
	gv_buf_release(&key);
	return p;
}

static int
add(struct properties *all, const char *path, const struct gv_xmltag *x)
{
	struct gv_buf name = GV_BUF_INIT, encoding = GV_BUF_INIT;
	struct property *p;
	const size_t n = strlen(path) + 1;
	char *key;
	int r = GV_ENOMEM;

	if (!gv_xmltag_get(&name, x, "name") || name.len == 0) {
		r = gv_buf_check(&name); /* svn wrote no such property */
		goto out;
	}
	p = gv_arena_alloc(&all->arena, sizeof(*p));
	key = gv_arena_alloc(&all->arena, n + name.len + 1);
	if (p == NULL || key == NULL)
		goto out;
	memcpy(key, path, n);
	memcpy(key + n, name.p, name.len + 1);
	*p = (struct property){ .path = key,
		.name = key + n,
		.text = x->text,
		.len = x->text_len };
	/* <property name="empty"/> */
	if (x->attributes_len && x->attributes[x->attributes_len - 1] == '/')
		p->len = 0;
	p->is_base64 = gv_xmltag_get(&encoding, x, "encoding") &&
	    strcmp(encoding.p, "base64") == 0;
	*all->last = p;
	all->last = &p->next;
	r = gv_map_put(&all->map, key, n + name.len, p);
out:
	gv_buf_release(&name);
	gv_buf_release(&encoding);
	return r;
}

/* What is in all->xml. */
static int
parse(struct properties *all)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_xmltag x;
	int r;

	all->last = &all->first;
	gv_xmltag_init(&x, all->xml.p, all->xml.len);
	while ((r = gv_xmltag_next(&x)) > 0) {
		if (gv_xmltag_is(&x, "target")) {
			gv_buf_reset(&path);
			if (!gv_xmltag_get(&path, &x, "path"))
				gv_buf_reset(&path);
		} else if (gv_xmltag_is(&x, "property") && path.len &&
		    memchr(path.p, '\0', path.len) == NULL &&
		    (r = add(all, path.p, &x)) < 0) {
			break;
		}
	}
	gv_buf_release(&path);
	return r;
}

static int
decode(struct gv_buf *out, const struct property *p)
{
	const struct gv_xmltag x = { .text = p->text, .text_len = p->len };
	struct gv_buf digits = GV_BUF_INIT;
	size_t i;
	int r;

	if (!p->is_base64)
		return gv_xmltag_text(out, &x) || p->len == 0
		    ? 0
		    : gv_err(GV_ECORRUPT,
			  "its value in properties.xml cannot be read");
	for (i = 0; i < p->len; i++)
		if (strchr(" \t\r\n", p->text[i]) == NULL)
			gv_buf_addch(&digits, p->text[i]);
	if ((r = gv_buf_check(&digits)) == 0 && digits.len)
		r = gv_enc_unbase64(out, digits.p, digits.len);
	gv_buf_release(&digits);
	return r;
}

/* The path as an argument; svn takes what is behind an @ for a revision. */
static int
add_target(struct gv_buf *out, const struct property *p)
{
	if (strcmp(p->path, ".") != 0 && !gv_path_is_all_safe(p->path))
		return gv_err(GV_ECORRUPT,
		    "properties.xml has a path that leads elsewhere");
	gv_buf_addf(out, "%s%s", p->path, strchr(p->path, '@') ? "@" : "");
	return gv_buf_check(out);
}

/* Give it the value, or with `is_gone` take it away. */
static int
set(struct gv_restore_base *b, const struct property *p, bool is_gone)
{
	struct gv_buf value = GV_BUF_INIT, file = GV_BUF_INIT;
	struct gv_buf target = GV_BUF_INIT;
	int r = add_target(&target, p);

	gv_buf_addf(&file, "%s/value", b->work);
	if (r == 0 && (r = gv_buf_check(&file)) == 0 && !is_gone &&
	    (r = decode(&value, p)) == 0)
		r = gv_file_replace(AT_FDCWD, file.p, value.len ? value.p : "",
		    value.len, 0600, false);
	if (r == 0) {
		const char *const put[] = { "svn", "propset", "-q",
			"--non-interactive", "--force", "-F", file.p, "--",
			p->name, target.p, NULL };
		const char *const del[] = { "svn", "propdel", "-q",
			"--non-interactive", "--", p->name, target.p, NULL };

		r = gv_restore_base_tool(b, b->tree, is_gone ? del : put, NULL);
	}
	gv_buf_release(&value);
	gv_buf_release(&file);
	gv_buf_release(&target);
	return r;
}

static bool
is_same(const struct property *a, const struct property *b)
{
	return b && a->is_base64 == b->is_base64 && a->len == b->len &&
	    memcmp(a->text, b->text, a->len) == 0;
}

/* Those of `of` that `than` has otherwise or not at all. */
static int
set_all(struct gv_restore_base *b, size_t *n, const struct properties *of,
    const struct properties *than, bool is_gone)
{
	const struct property *p, *other;
	int r = 0;

	for (p = of->first; r == 0 && p; p = p->next) {
		other = find(than, p->path, p->name);
		if (is_gone ? other != NULL : is_same(p, other))
			continue;
		if (++*n > MAX_SET)
			r = gv_err(GV_EREFUSED,
			    "more than %d properties are not as in "
			    "properties.xml",
			    MAX_SET);
		else
			r = gv_restore_base_miss(
			    b, "property", set(b, p, is_gone));
	}
	return r;
}

int
gv_restore_base_properties(struct gv_restore_base *b)
{
	static const char *const list[] = { "svn", "proplist",
		"--non-interactive", "-v", "-R", "--xml", NULL };
	struct properties want = { .xml = GV_BUF_INIT, .map = GV_MAP_INIT };
	struct properties is = { .xml = GV_BUF_INIT, .map = GV_MAP_INIT };
	size_t n = 0;
	int r = gv_restore_base_read(&want.xml, b, "properties.xml");

	if (r < 0 ||
	    (r = gv_restore_base_ask(&is.xml, b, b->tree, list, NULL)) < 0 ||
	    (r = parse(&want)) < 0 || (r = parse(&is)) < 0)
		goto out;
	if ((r = set_all(b, &n, &want, &is, false)) == 0)
		r = set_all(b, &n, &is, &want, true);
out:
	release(&want);
	release(&is);
	return r == GV_ENOTFOUND ? 0 : r;
}
