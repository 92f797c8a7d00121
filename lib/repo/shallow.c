#include "repo/shallow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/file.h"

/* A million commits. */
#define MAX ((size_t)64 << 20)

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gv_oid));
}

/* An id a line. */
static int
parse(struct gv_shallow *out, const char *p, const char *path)
{
	struct gv_oid id;

	for (; *p; p += GV_OID_HEX + 1) {
		if (gv_oid_parse(&id, p) < 0 ||
		    (p[GV_OID_HEX] != '\n' && p[GV_OID_HEX] != '\0'))
			return gv_err(GV_ECORRUPT, "%s is damaged", path);
		if (GV_GROW(out->ids, out->n, out->cap) < 0)
			return GV_ENOMEM;
		out->ids[out->n++] = id;
		if (p[GV_OID_HEX] == '\0')
			break;
	}
	if (out->n)
		qsort(out->ids, out->n, sizeof(*out->ids), compare);
	return 0;
}

int
gv_shallow_load(struct gv_shallow *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	if (!repo->shallow)
		return 0;
	gv_buf_addf(&path, "%s/shallow", repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX);
	/* a fetch of all that was left ends it in the meantime */
	if (r == GV_ENOTFOUND)
		r = 0;
	else if (r == 0)
		r = parse(out, text.p, path.p);
	if (r < 0)
		gv_shallow_release(out);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

bool
gv_shallow_has(const struct gv_shallow *shallow, const struct gv_oid *commit)
{
	return shallow->n &&
	    bsearch(commit, shallow->ids, shallow->n, sizeof(*commit),
		compare) != NULL;
}

void
gv_shallow_release(struct gv_shallow *shallow)
{
	free(shallow->ids);
	memset(shallow, 0, sizeof(*shallow));
}
