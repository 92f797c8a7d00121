/* What a clone remembers of its jobs, whatever is read is written so that it is
 * read the same; and which approvals are wanted. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "good/approval_want.h"
#include "job/job_state.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_job_state state, again;
	struct gv_approval_wants wants;
	struct gv_buf first = GV_BUF_INIT, second = GV_BUF_INIT;

	must(gv_approval_want_read(
		 &wants, (const char *)data, len, INT64_MAX) == 0);
	must(wants.n <= 100);
	gv_approval_want_release(&wants);
	must(gv_job_state_read(&state, (const char *)data, len) == 0);
	must(gv_job_state_write(&first, &state) == 0);
	must(gv_job_state_read(&again, first.p, first.len) == 0);
	must(gv_job_state_write(&second, &again) == 0);
	must(gv_buf_equal(&first, &second));
	gv_job_state_release(&state);
	gv_job_state_release(&again);
	gv_buf_release(&first);
	gv_buf_release(&second);
	return 0;
}
