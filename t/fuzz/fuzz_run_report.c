/* The report of a run, which may come from anybody: what is read of one is
 * written so that it is read the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "job/job_report.h"

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_job_run run, again;
	char *copy = malloc(len + 1);

	must(copy != NULL);
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (gv_job_report_parse(&run, &arena, copy, len) == 0) {
		must(run.what && run.status < GV_JOB_STATUSES);
		must(run.ended >= run.begun);
		must(gv_job_report_text(&text, &run, "h") == 0);
		must(
		    gv_job_report_parse(&again, &arena, text.p, text.len) == 0);
		must(again.status == run.status &&
		    again.attempts == run.attempts);
		/* a name that was cut within a letter is not the same */
		if (strlen(run.what) < 250)
			must(is_same(again.what, run.what));
		must(again.has_size == run.has_size &&
		    again.bytes == run.bytes && again.stored == run.stored);
	}
	gv_buf_release(&text);
	gv_arena_release(&arena);
	free(copy);
	return 0;
}
