/* Read the log of changes beside the index for searches. What it says is
 * written again, and gives the same bytes. */
#include "fuzz.h"

#include "textindex/pathlog.h"

static void *
list_of(size_t n, size_t size)
{
	void *list = calloc(n + 1, size);

	must(list != NULL);
	return list;
}

static void
write_again(const struct gv_pathlog *log, const char *data, size_t len)
{
	struct gv_pathlog_step *steps = list_of(log->n_steps, sizeof(*steps));
	struct gv_pathlog_version *versions =
	    list_of(log->n_versions, sizeof(*versions));
	struct gv_pathlog_change *changes =
	    list_of(log->n_changes, sizeof(*changes));
	const char **paths = list_of(log->n_paths, sizeof(*paths));
	uint32_t *nows = list_of(log->n_paths, sizeof(*nows));
	struct gv_buf back = GV_BUF_INIT;
	size_t i;

	gv_pathlog_steps(steps, log);
	gv_pathlog_paths(paths, log);
	for (i = 0; i < log->n_versions; i++)
		gv_pathlog_version(&versions[i], log, i);
	for (i = 0; i < log->n_changes; i++)
		gv_pathlog_change(&changes[i], log, i);
	for (i = 0; i < log->n_paths; i++)
		nows[i] = gv_pathlog_now(log, i);
	must(gv_pathlog_format(&back,
		 &(struct gv_pathlog_draft){ .stamp = log->stamp,
		     .steps = steps,
		     .n_steps = log->n_steps,
		     .paths = paths,
		     .nows = nows,
		     .n_paths = log->n_paths,
		     .versions = versions,
		     .n_versions = log->n_versions,
		     .changes = changes,
		     .n_changes = log->n_changes }) == 0);
	must_be(&back, data, len);
	free(steps);
	free(versions);
	free(changes);
	free(paths);
	free(nows);
}

static void
read_log(const char *data, size_t len)
{
	struct gv_pathlog log;

	if (gv_pathlog_parse(&log, data, len) == 0)
		write_again(&log, data, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_log);
	return 0;
}
