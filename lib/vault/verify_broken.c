#include "vault/verify_internal.h"

#include <string.h>

#include "store/ref.h"
#include "store/repo.h"

#define OURS "refs/vault/"

/* Of one that is no snapshot's, the ref is told. */
static void
tell(struct gv_verify_run *run, const char *ref)
{
	const size_t n = strlen(GV_REF_SNAPSHOTS);
	const bool is_snapshot = strncmp(ref, GV_REF_SNAPSHOTS, n) == 0;
	const struct gv_verify_fault fault = { .snapshot =
						   is_snapshot ? ref + n : ref,
		.path = "",
		.reason =
		    "the file of its ref says nothing; 'git vault doctor' "
		    "tells how it is mended" };

	run->result->faults++;
	run->result->damaged += is_snapshot;
	if (run->opts->fault)
		run->opts->fault(run->opts->fault_ctx, &fault);
}

int
gv_verify_find_broken(struct gv_verify_run *run)
{
	struct gv_buf names = GV_BUF_INIT;
	char *line, *end;
	int r = gv_ref_broken(&names, run->repo, OURS);

	for (line = names.p; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		tell(run, line);
	}
	gv_buf_release(&names);
	return r;
}
