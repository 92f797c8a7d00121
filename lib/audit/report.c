#include "audit/report.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/ledger.h"

static int
add_files(struct gv_ledger_edit *edit, struct gv_oid *tree,
    const struct gv_report_file *files, size_t n)
{
	struct gv_ledger_change changes[GV_REPORT_FILES];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		changes[i] = (struct gv_ledger_change){ .name = files[i].name,
			.mode = GV_MODE_FILE };
		r = gv_ledger_blob(
		    edit, &changes[i].oid, files[i].data, files[i].len);
	}
	return r < 0 ? r : gv_ledger_tree(edit, tree, NULL, changes, n);
}

int
gv_report_write(struct gv_repo *repo, const char *kind, const char *id,
    const struct gv_report_file *files, size_t n, int64_t now)
{
	static const struct gv_ledger nothing;
	struct gv_ledger_edit edit = { .repo = NULL };
	struct gv_buf ref = GV_BUF_INIT, subject = GV_BUF_INIT;
	struct gv_oid tree;
	int r;

	gv_buf_addf(&ref, "%s%s", kind, id);
	if (!ref.failed)
		gv_buf_addstr(&subject, ref.p + strlen(GV_REFS_VAULT));
	if ((r = gv_buf_check(&ref)) == 0 &&
	    (r = gv_buf_check(&subject)) == 0 &&
	    (r = gv_ledger_begin(&edit, repo, now)) == 0 &&
	    (r = add_files(&edit, &tree, files, n)) == 0 &&
	    (r = gv_ledger_step(&edit, &nothing, ref.p, &tree, subject.p)) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	gv_buf_release(&ref);
	gv_buf_release(&subject);
	return r;
}

int
gv_report_load(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *commit, const char *file, size_t most)
{
	struct gv_object blob = { .owner = NULL };
	struct gv_ledger at;
	struct gv_oid id;
	unsigned mode;
	uint64_t size;
	int r = gv_ledger_load(&at, odb, commit);

	if (r == 0)
		r = gv_tree_find(odb, &at.tree, file, &mode, &id);
	if (r < 0 || (r = gv_odb_read_size(odb, &size, &id)) < 0)
		return r;
	if (size > most)
		return gv_err(GV_ECORRUPT, "%s of a report is too large", file);
	r = gv_odb_read_type(odb, &blob, &id, GV_OTYPE_BLOB);
	if (r == 0) {
		gv_buf_add(out, blob.data, blob.len);
		r = gv_buf_check(out);
	}
	gv_object_release(&blob);
	return r;
}

int
gv_report_read(struct gv_buf *out, const struct gv_repo *repo, const char *kind,
    const char *id, const char *file)
{
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_odb *odb;
	struct gv_oid commit;
	int r;

	gv_buf_addf(&ref, "%s%s", kind, id);
	if ((r = gv_buf_check(&ref)) == 0 &&
	    (r = gv_ref_find(&commit, repo, ref.p)) == 0)
		r = gv_oid_is_zero(&commit)
		    ? GV_ENOTFOUND
		    : gv_repo_odb((struct gv_repo *)repo, &odb);
	if (r == 0)
		r = gv_report_load(out, odb, &commit, file, SIZE_MAX);
	gv_buf_release(&ref);
	return r;
}

bool
gv_report_is_old(const char *ref, int64_t now)
{
	const char *id = strrchr(ref, '/');
	const bool is_run =
	    strncmp(ref, GV_REFS_RUNS, strlen(GV_REFS_RUNS)) == 0;
	int64_t time;

	return id && gv_time_parse_compact(&time, id + 1) == 0 &&
	    time < now - (is_run ? GV_REPORT_RUN_LASTS : GV_REPORT_LASTS);
}
