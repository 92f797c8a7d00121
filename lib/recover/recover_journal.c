#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "recover/recover_internal.h"
#include "sys/file.h"

#define JOURNAL "journal"
#define MOST    ((size_t)256 * 1024 * 1024) /* bytes */

static int
path_of(struct gv_buf *out, const struct gv_recover *run)
{
	gv_buf_addf(out, "%s/" JOURNAL, run->dir);
	return gv_buf_check(out);
}

/* Take a line in: the record and its texts stay as long as the run. */
static int
take(struct gv_recover *run, const char *line, size_t len)
{
	struct gv_plan_record *record =
	    gv_arena_alloc(&run->arena, sizeof(*record));
	int r;

	if (record == NULL)
		return GV_ENOMEM;
	r = gv_plan_record_parse(record, line, len, &run->arena);
	return r < 0 ? r : gv_plan_progress_add(&run->progress, record);
}

/* A last line without an end is what a killed writer left: it did not happen.
 */
int
gv_recover_journal_load(struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *p, *end, *line;
	size_t n, number = 0;
	int r = path_of(&path, run);

	if (r < 0 || (r = gv_file_read(&text, AT_FDCWD, path.p, MOST)) < 0)
		goto out;
	end = memrchr(text.p, '\n', text.len);
	p = text.p;
	while (r == 0 && end && gv_lines_next(&line, &n, &p, end)) {
		number++;
		/* a torn line that a later writer has ended */
		if (n == 0 || line[n - 1] != '}')
			continue;
		if ((r = take(run, line, n)) < 0)
			r = gv_err_in(r, "run %s, line %zu of its journal",
			    run->id, number);
	}
	if (r == 0 && run->progress.begin == NULL)
		r = gv_err(
		    GV_ECORRUPT, "the journal of run %s is empty", run->id);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_recover_journal_add(
    struct gv_recover *run, const struct gv_plan_record *record, bool durable)
{
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	int r = path_of(&path, run);

	if (r < 0 || (r = gv_plan_record_format(&line, record)) < 0)
		goto out;
	r = durable ? gv_file_append_lines(path.p, line.p, line.len)
		    : gv_file_append_quick(path.p, line.p, line.len);
	if (r == 0)
		r = take(run, line.p, line.len - 1);
out:
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}
