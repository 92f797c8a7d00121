#include "object/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define TAGS_MAX 1000 /* that stand on one another */

/* What the tag names in its first line. */
static int
step(struct gv_oid *id, struct gv_odb *odb)
{
	static const char word[] = "object ";
	const size_t at = sizeof(word) - 1;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, id, GV_OTYPE_TAG);

	if (r == 0 &&
	    (obj.len <= at + GV_OID_HEX || memcmp(obj.data, word, at) != 0 ||
		gv_oid_parse(id, (const char *)obj.data + at) < 0))
		r = gv_err(GV_ECORRUPT, "a tag names no object");
	gv_object_release(&obj);
	return r;
}

int
gv_link_peel(struct gv_oid *id, enum gv_otype *type, struct gv_odb *odb)
{
	size_t size;
	int i, r = gv_odb_read_header(odb, type, &size, id);

	for (i = 0; r == 0 && *type == GV_OTYPE_TAG; i++) {
		if (i == TAGS_MAX)
			return gv_err(
			    GV_ECORRUPT, "more than %d nested tags", TAGS_MAX);
		if ((r = step(id, odb)) == 0)
			r = gv_odb_read_header(odb, type, &size, id);
	}
	return r;
}

bool
gv_link_tree(struct gv_oid *out, const struct gv_object *commit)
{
	static const char word[] = "tree ";
	const size_t at = sizeof(word) - 1;
	const char *p = (const char *)commit->data;

	return commit->len > at + GV_OID_HEX && memcmp(p, word, at) == 0 &&
	    p[at + GV_OID_HEX] == '\n' && gv_oid_parse(out, p + at) == 0;
}

bool
gv_link_time(int64_t *time, const struct gv_object *commit)
{
	static const char word[] = "\ncommitter ";
	const char *p = (const char *)commit->data;
	const char *end = memmem(p, commit->len, "\n\n", 2);

	/* the data of an object ends with a zero byte */
	p = end ? memmem(p, (size_t)(end - p), word, sizeof(word) - 1) : NULL;
	p = p ? memchr(p, '>', (size_t)(end - p)) : NULL;
	if (p)
		*time = strtoll(p + 1, NULL, 10);
	return p != NULL;
}

int
gv_link_named(void *to, const struct gv_object *commit,
    int (*each)(void *to, const struct gv_oid *parent))
{
	static const char word[] = "parent ";
	const size_t at = sizeof(word) - 1;
	const char *p = (const char *)commit->data, *end = p + commit->len;
	const char *lf;
	struct gv_oid parent;
	int r = 0;

	for (; r == 0 && p < end && *p != '\n'; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		if ((size_t)(lf - p) == at + GV_OID_HEX &&
		    memcmp(p, word, at) == 0 &&
		    gv_oid_parse(&parent, p + at) == 0)
			r = each(to, &parent);
	}
	return r;
}

int
gv_link_parents(void *to, struct gv_odb *odb, const struct gv_oid *commit,
    int (*each)(void *to, const struct gv_oid *parent))
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0)
		r = gv_link_named(to, &obj, each);
	gv_object_release(&obj);
	return r;
}
