#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"
#include "retention/removal.h"

static int
by_commit(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gv_oid));
}

int
gv_removal_subject(struct gv_oid *out, const char *way, bool is_for_good,
    const struct gv_removal *removal)
{
	struct gv_oid *commits = calloc(removal->n + 1, sizeof(*commits));
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	if (commits == NULL)
		return gv_err_nomem();
	for (i = 0; i < removal->n; i++)
		commits[i] = removal->items[i].commit;
	qsort(commits, removal->n, sizeof(*commits), by_commit);
	gv_buf_addf(&text, "removal approval\n%s%s\n", way,
	    is_for_good ? " for good" : "");
	for (i = 0; i < removal->n; i++) {
		gv_oid_format(hex, &commits[i]);
		gv_buf_addf(&text, "%s\n", hex);
	}
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	free(commits);
	return r;
}
