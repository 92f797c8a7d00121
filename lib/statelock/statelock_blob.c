#include "statelock/statelock_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/loose.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"

/* Loose and not in a pack of its own: locks come and go, and git gc takes what
 * they leave. */
int
gv_statelock_blob_write(struct gv_oid *out, const struct gv_repo *repo,
    const void *text, size_t len)
{
	int r = gv_loose_write(out, repo, GV_OTYPE_BLOB, text, len);

	return r < 0 ? gv_err_in(r, "cannot store the record of a lock") : 0;
}

bool
gv_statelock_blob_is_there(struct gv_repo *repo, const struct gv_oid *oid)
{
	struct gv_odb *odb;

	if (gv_repo_odb(repo, &odb) < 0)
		return false;
	return gv_odb_has(odb, oid) ||
	    (gv_odb_refresh(odb) == 0 && gv_odb_has(odb, oid));
}

static int
read_text(struct gv_buf *out, struct gv_repo *repo, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	enum gv_otype type;
	size_t size;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0)
		goto out;
	if (!gv_statelock_blob_is_there(repo, oid))
		return gv_err(GV_ENOTFOUND, "its object is not here");
	if ((r = gv_odb_read_header(odb, &type, &size, oid)) < 0)
		goto out;
	if (type != GV_OTYPE_BLOB) {
		r = gv_err(GV_ECORRUPT, "its object is no blob");
		goto out;
	}
	if (size > GV_STATELOCK_MAX) {
		r = gv_err(GV_ECORRUPT,
		    "it has %zu bytes, more than a record can have", size);
		goto out;
	}
	if ((r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB)) < 0)
		goto out;
	gv_buf_add(out, obj.data, obj.len);
out:
	gv_object_release(&obj);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_statelock_blob_read(struct gv_statelock *out, struct gv_repo *repo,
    const char *env, const char *stack, const struct gv_oid *oid)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->text = (struct gv_buf)GV_BUF_INIT;
	out->oid = *oid;
	out->env = strdup(env);
	out->stack = strdup(stack);
	if (out->env == NULL || out->stack == NULL)
		return gv_err_nomem();
	if ((r = read_text(&out->text, repo, oid)) == 0)
		r = gv_statelock_parse(
		    &out->record, out->text.p, out->text.len);
	if (r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	out->damage = strdup(gv_err_message());
	gv_buf_release(&out->text);
	return out->damage ? 0 : gv_err_nomem();
}

void
gv_statelock_release(struct gv_statelock *lock)
{
	if (lock == NULL)
		return;
	free(lock->env);
	free(lock->stack);
	free(lock->damage);
	gv_buf_release(&lock->text);
	gv_statelock_record_release(&lock->record);
	memset(lock, 0, sizeof(*lock));
}
