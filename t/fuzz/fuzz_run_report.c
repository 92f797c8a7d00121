/* The report of a run, which may come from anybody: what is read of one is
 * within its bounds. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "job/job_report.h"

static bool
is_short(const char *text)
{
	return text == NULL || strlen(text) <= 256;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_job_run run;
	char *copy = malloc(len + 1);

	must(copy != NULL);
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (gv_job_report_parse(&run, &arena, copy, len) == 0) {
		must(run.what && run.status < GV_JOB_STATUSES);
		must(run.ended >= run.begun);
		must(run.has_size || (run.bytes == 0 && run.stored == 0));
		must(run.attempts > 0);
		must(is_short(run.what) && is_short(run.job));
		must(is_short(run.env) && is_short(run.reason));
	}
	gv_arena_release(&arena);
	free(copy);
	return 0;
}
