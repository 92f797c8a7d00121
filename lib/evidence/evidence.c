#include "evidence/evidence.h"

#include <fcntl.h>
#include <string.h>

#include "audit/audit_proof.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/lines.h"
#include "crypto/sha.h"
#include "drill/drill_log.h"
#include "evidence/evidence_internal.h"
#include "record/record_time.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/* ---- times --------------------------------------------------------------- */

/* YYYY-MM-DD and nothing else. */
static bool
is_date(const char *text)
{
	size_t i;

	for (i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-'
				     : text[i] < '0' || text[i] > '9')
			return false;
	return text[10] == '\0';
}

int
gv_evidence_time(int64_t *out, const char *text, bool is_end)
{
	struct gv_buf full = GV_BUF_INIT;
	int r;

	if (!is_date(text))
		return gv_record_time(out, text);
	gv_buf_addf(&full, "%s%s", text, is_end ? "T23:59:59Z" : "T00:00:00Z");
	if ((r = gv_buf_check(&full)) == 0 &&
	    gv_time_parse_rfc3339(out, full.p) < 0)
		r = gv_err(GV_EREFUSED, "there is no date %s", text);
	gv_buf_release(&full);
	return r;
}

/* ---- files --------------------------------------------------------------- */

static int
make_path(
    struct gv_buf *out, const struct gv_evidence_run *run, const char *name)
{
	gv_buf_addf(out, "%s/%s", run->opts->dir, name);
	return gv_buf_check(out);
}

#define SUMS "SHA256SUMS" /* written last */

static const char *const folders[] = { "events", "reports", "records" };

/* Files of the same name would be mixed with those of another export. */
static int
make_dir(struct gv_evidence_run *run)
{
	const bool has[] = { true,
		run->opts->control->parts & GV_EVIDENCE_DRILLS,
		run->opts->control->parts & GV_EVIDENCE_RECORDS };
	struct gv_dir_names names = { .n = 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd = -1, r;

	if ((r = gv_file_mkdirs(AT_FDCWD, run->opts->dir, 0777)) < 0)
		return r;
	fd = gv_dir_open_root(run->opts->dir);
	if (fd < 0 || gv_dir_list(&names, fd) < 0) {
		r = gv_err(GV_ERROR, "%s cannot be read", run->opts->dir);
		goto out;
	}
	if (names.n) {
		r = gv_err(GV_EREFUSED,
		    "%s is not empty; give a directory that does not exist%s",
		    run->opts->dir,
		    gv_dir_names_have(&names, names.n, SUMS, strlen(SUMS))
			? ""
			: ", or remove it if it is the rest of an export that "
			  "was interrupted: it has no SHA256SUMS");
		goto out;
	}
	run->is_begun = true;
	for (i = 0; r == 0 && i < sizeof(folders) / sizeof(*folders); i++) {
		gv_buf_reset(&path);
		if (has[i] && (r = make_path(&path, run, folders[i])) == 0)
			r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	}
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

static int
write_file(
    struct gv_evidence_run *run, const char *name, const struct gv_buf *bytes)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if ((r = gv_buf_check(bytes)) == 0 &&
	    (r = make_path(&path, run, name)) == 0)
		r = gv_file_replace(AT_FDCWD, path.p,
		    bytes->len ? bytes->p : "", bytes->len, 0666, false);
	gv_buf_release(&path);
	return r;
}

int
gv_evidence_add(
    struct gv_evidence_run *run, const char *name, const struct gv_buf *bytes)
{
	unsigned char sum[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];
	int r = write_file(run, name, bytes);

	if (r < 0)
		return r;
	gv_sha_sum(sum, bytes->len ? bytes->p : "", bytes->len);
	gv_enc_hex(digits, sum, sizeof(sum));
	gv_buf_addf(&run->sums, "%s  %s\n", digits, name);
	run->done->files++;
	return gv_buf_check(&run->sums);
}

/* The directory was empty, so what this export wrote is all that goes; the same
 * command can then be tried again. What cannot be removed shows by the sums
 * that it lacks. */
static void
take_back(const struct gv_evidence_run *run)
{
	const char *p = run->sums.p, *line, *name;
	struct gv_buf path = GV_BUF_INIT;
	char *why = gv_err_save();
	size_t len, i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		gv_buf_reset(&path);
		if (make_path(&path, run, folders[i]) == 0)
			(void)gv_file_remove_tree(AT_FDCWD, path.p);
	}
	while (
	    p && gv_lines_next(&line, &len, &p, run->sums.p + run->sums.len)) {
		/* a sum, and two blanks */
		name = line + 2 * GV_SHA_BYTES + 2;
		if (memchr(name, '/', len - (size_t)(name - line)))
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%.*s", run->opts->dir,
		    (int)(len - (size_t)(name - line)), name);
		if (gv_buf_check(&path) == 0)
			(void)gv_entry_unlink(AT_FDCWD, path.p);
	}
	gv_buf_reset(&path);
	if (make_path(&path, run, SUMS ".sig") == 0)
		(void)gv_entry_unlink(AT_FDCWD, path.p);
	(void)gv_entry_rmdir(AT_FDCWD, run->opts->dir);
	gv_buf_release(&path);
	gv_err_restore(why);
}

/* ---- reports ------------------------------------------------------------- */

static int
add_report(struct gv_evidence_run *run, const struct gv_drill_logged *d)
{
	struct gv_buf report = GV_BUF_INIT, name = GV_BUF_INIT;
	int r = gv_drill_log_report(&report, run->repo, d);

	if (r == 0)
		run->done->lacking++;
	if (r <= 0)
		goto out;
	gv_buf_addf(&name, "reports/%s.json", d->id);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_evidence_add(run, name.p, &report);
out:
	gv_buf_release(&report);
	gv_buf_release(&name);
	return r;
}

static int
add_reports(struct gv_evidence_run *run, const struct gv_drill_log *log)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < log->n; i++)
		if (log->items[i].time >= run->opts->from)
			r = add_report(run, &log->items[i]);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

/* What came after the end is not part of it, and makes nothing due then. */
static void
cut(struct gv_drill_log *view, const struct gv_drill_log *log, int64_t to)
{
	size_t n = 0;

	while (n < log->n && log->items[n].time > to)
		n++;
	/* whose word counts goes with it */
	*view = (struct gv_drill_log){ .items = log->n ? log->items + n : NULL,
		.n = log->n - n,
		.found = log->found };
}

static int
add_tables(struct gv_evidence_run *run, const struct gv_drill_log *log)
{
	const unsigned parts = run->opts->control->parts;
	int r = 0;

	if (parts & GV_EVIDENCE_DRILLS &&
	    ((r = gv_evidence_table_drills(run, log)) < 0 ||
		(r = add_reports(run, log)) < 0))
		return r;
	if (parts & GV_EVIDENCE_ENVIRONMENTS &&
	    (r = gv_evidence_table_environments(run, log)) < 0)
		return r;
	if (parts & GV_EVIDENCE_SNAPSHOTS &&
	    (r = gv_evidence_table_snapshots(run)) < 0)
		return r;
	return parts & GV_EVIDENCE_RECORDS ? gv_evidence_table_records(run) : 0;
}

/* The sums come last: without them the export was not finished. */
static int
add_sums(struct gv_evidence_run *run)
{
	struct gv_buf sig = GV_BUF_INIT;
	int r = gv_audit_proof_sign(
	    &sig, GV_EVIDENCE_SPACE, run->sums.p, run->sums.len);

	if (r > 0) {
		run->done->is_signed = true;
		r = write_file(run, SUMS ".sig", &sig);
	}
	if (r == 0)
		r = write_file(run, SUMS, &run->sums);
	gv_buf_release(&sig);
	return r;
}

int
gv_evidence_write(struct gv_evidence *out, struct gv_repo *repo,
    const struct gv_evidence_opts *opts)
{
	struct gv_evidence_run run = {
		.done = out, .repo = repo, .opts = opts, .sums = GV_BUF_INIT
	};
	struct gv_drill_log log, view;
	int r;

	*out = (struct gv_evidence){ .files = 0 };
	if ((r = gv_drill_log_load(&log, repo, NULL)) < 0)
		goto out;
	cut(&view, &log, opts->to);
	if ((r = make_dir(&run)) < 0 || (r = add_tables(&run, &view)) < 0 ||
	    (r = gv_evidence_proof(&run)) < 0 ||
	    (r = gv_evidence_tell(&run)) < 0)
		goto out;
	r = add_sums(&run);
out:
	if (r < 0 && run.is_begun)
		take_back(&run);
	gv_drill_log_release(&log);
	gv_buf_release(&run.sums);
	return r;
}
