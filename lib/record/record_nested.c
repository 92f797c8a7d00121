#include "record/record_nested.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "record/record.h"

/* "<id> <commit> <path>", the value of a trailer. */
#define COMMIT_AT (GV_RECORD_ID_LEN + 1)
#define PATH_AT   (COMMIT_AT + GV_OID_HEX + 1)

int
gv_record_read_nested(struct gv_record_nested *out, const char *text)
{
	struct gv_record_nested n;

	/* it comes from a commit that somebody else may have made, and a
	 * restore goes where it says */
	if (strlen(text) <= PATH_AT || text[COMMIT_AT - 1] != ' ' ||
	    text[PATH_AT - 1] != ' ' ||
	    !gv_record_is_id(text, GV_RECORD_ID_LEN) ||
	    gv_oid_parse(&n.commit, text + COMMIT_AT) < 0 ||
	    !gv_path_is_all_safe(text + PATH_AT))
		return gv_err(GV_ECORRUPT,
		    "its trailer Vault-Nested names no snapshot of a "
		    "repository below");
	memcpy(n.id, text, GV_RECORD_ID_LEN);
	n.id[GV_RECORD_ID_LEN] = '\0';
	n.path = text + PATH_AT;
	*out = n;
	return 0;
}

int
gv_record_add_nested(struct gv_record *rec, const char *id,
    const struct gv_oid *commit, const char *path)
{
	char **more =
	    reallocarray(rec->nested, rec->n_nested + 1, sizeof(*rec->nested));
	char hex[GV_OID_HEX + 1], *text;
	size_t size = PATH_AT + strlen(path) + 1;

	if (more == NULL)
		return gv_err_nomem();
	rec->nested = more;
	text = malloc(size);
	if (text == NULL)
		return gv_err_nomem();
	gv_oid_format(hex, commit);
	snprintf(text, size, "%s %s %s", id, hex, path);
	rec->nested[rec->n_nested++] = text;
	return 0;
}

const char *
gv_record_nested_at(
    struct gv_record_nested *out, const struct gv_record *rec, const char *path)
{
	size_t i;

	for (i = 0; i < rec->n_nested; i++)
		if (gv_record_read_nested(out, rec->nested[i]) == 0 &&
		    strcmp(out->path, path) == 0)
			return out->id;
	return NULL;
}
