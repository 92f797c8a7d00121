#include "replica/replica_failing.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/file.h"

#define MAX ((size_t)64 << 10)

/* A line "SINCE LAST TOLD PARTIAL", and the reason. */
static int
parse(struct gv_replica_failing *out, const char *text)
{
	const char *nl = strchr(text, '\n');
	int told, partial;

	if (nl == NULL ||
	    sscanf(text, "%" SCNd64 " %" SCNd64 " %d %d", &out->since,
		&out->last, &told, &partial) != 4) {
		out->since = 0;
		return 0;
	}
	out->is_told = told != 0;
	out->is_partial = partial != 0;
	out->why = strndup(nl + 1, strcspn(nl + 1, "\n"));
	return out->why ? 0 : gv_err_nomem();
}

static int
path_of(struct gv_buf *out, const char *dir)
{
	gv_buf_addf(out, "%s/failing", dir);
	return gv_buf_check(out);
}

int
gv_replica_failing_load(struct gv_replica_failing *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, dir);

	memset(out, 0, sizeof(*out));
	if (r == 0 && (r = gv_file_read(&text, AT_FDCWD, path.p, MAX)) == 0)
		r = parse(out, text.p);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

void
gv_replica_failing_release(struct gv_replica_failing *failing)
{
	free(failing->why);
	failing->why = NULL;
}

static int
save(const char *dir, const struct gv_replica_failing *f)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, dir);

	gv_buf_addf(&text, "%" PRId64 " %" PRId64 " %d %d\n%.*s\n", f->since,
	    f->last, f->is_told, f->is_partial, (int)strcspn(f->why, "\n"),
	    f->why);
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, dir, 0777)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_replica_failing_note(
    const char *dir, int64_t now, bool is_partial, const char *why)
{
	struct gv_replica_failing before, f;
	int r = gv_replica_failing_load(&before, dir);

	f = (struct gv_replica_failing){ .since =
					     before.since ? before.since : now,
		.last = now,
		.is_told = before.is_told && before.is_partial == is_partial,
		.is_partial = is_partial,
		.why = (char *)(uintptr_t)why };
	if (r == 0)
		r = save(dir, &f);
	gv_replica_failing_release(&before);
	return r;
}

int
gv_replica_failing_tell(const char *dir)
{
	struct gv_replica_failing f;
	int r = gv_replica_failing_load(&f, dir);

	if (r == 0 && f.since && !f.is_told) {
		f.is_told = true;
		r = save(dir, &f);
	}
	gv_replica_failing_release(&f);
	return r;
}

int
gv_replica_failing_end(const char *dir)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, dir);

	if (r == 0)
		r = gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}
