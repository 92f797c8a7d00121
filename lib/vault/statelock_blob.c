#include "vault/statelock_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/odb.h"
#include "store/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

/* git flushes the file, but not the folders that it has made it in. */
static int
flush(const struct gv_repo *repo, const struct gv_oid *oid)
{
	struct gv_buf path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, oid);
	gv_buf_addf(&path, "%s/%.2s", repo->objects_dir, hex);
	r = gv_buf_check(&path);
	/* it may have been there before, in a pack */
	if (r == 0 && gv_file_is_dir(AT_FDCWD, path.p)) {
		r = gv_file_sync_dir(AT_FDCWD, path.p);
		if (r == 0)
			r = gv_file_sync_dir(AT_FDCWD, repo->objects_dir);
	}
	gv_buf_release(&path);
	return r;
}

/* Loose and not in a pack of its own: locks come and go, and git gc takes what
 * they leave. */
int
gv_statelock_blob_write(struct gv_oid *out, const struct gv_repo *repo,
    const void *text, size_t len)
{
	static const char *const argv[] = { "git", "-c", "core.fsync=committed",
		"hash-object", "-w", "--stdin", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv, .in = text, .in_len = len });

	if (r == 0 &&
	    (p.status || p.out.len < GV_OID_HEX ||
		gv_oid_parse(out, p.out.p) < 0))
		r = gv_err(GV_ERROR, "cannot store the record of a lock: %s",
		    gv_proc_why(&p));
	gv_proc_release(&p);
	return r < 0 ? r : flush(repo, out);
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
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && !gv_statelock_blob_is_there(repo, oid))
		return gv_err(GV_ENOTFOUND, "its object is not here");
	if (r == 0)
		r = gv_odb_read_header(odb, &type, &size, oid);
	if (r == 0 && type != GV_OTYPE_BLOB)
		r = gv_err(GV_ECORRUPT, "its object is no blob");
	if (r == 0 && size > GV_STATELOCK_MAX)
		r = gv_err(GV_ECORRUPT,
		    "it has %zu bytes, more than a record can have", size);
	if (r == 0)
		r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);
	if (r == 0)
		gv_buf_add(out, obj.data, obj.len);
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
	r = read_text(&out->text, repo, oid);
	if (r == 0)
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
