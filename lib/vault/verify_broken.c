#include "vault/verify_internal.h"

#include <string.h>

#include "store/ref.h"
#include "store/repo.h"

static void
tell(struct gv_verify_run *run, const char *id)
{
	const struct gv_verify_fault fault = { .snapshot = id,
		.path = "",
		.reason =
		    "the file of its ref says nothing; 'git vault doctor' "
		    "tells how it is mended" };

	run->result->faults++;
	run->result->damaged++;
	if (run->opts->fault)
		run->opts->fault(run->opts->fault_ctx, &fault);
}

int
gv_verify_find_broken(struct gv_verify_run *run)
{
	struct gv_buf names = GV_BUF_INIT;
	char *line, *end;
	int r = gv_ref_broken(&names, run->repo, GV_REF_SNAPSHOTS);

	for (line = names.p; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		tell(run, line + strlen(GV_REF_SNAPSHOTS));
	}
	gv_buf_release(&names);
	return r;
}
