#include "job/job.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sys/clock.h"

const char *const gv_job_statuses[GV_JOB_STATUSES + 1] = { "success", "partial",
	"failed", NULL };

enum gv_job_status
gv_job_status_of(int exit)
{
	return exit == 0 ? GV_JOB_SUCCESS
	    : exit == 3  ? GV_JOB_PARTIAL
			 : GV_JOB_FAILED;
}

enum gv_job_status
gv_job_status_named(const char *name)
{
	int i;

	for (i = 0; i < GV_JOB_STATUSES; i++)
		if (strcmp(gv_job_statuses[i], name) == 0)
			break;
	return (enum gv_job_status)i;
}

int
gv_job_id(char out[GV_JOB_ID_LEN + 1], int64_t now)
{
	unsigned char random[4];
	char time[GV_TIME_MAX];
	int r = gv_clock_random(random, sizeof(random));

	if (r < 0)
		return r;
	gv_time_compact(time, now);
	(void)snprintf(out, GV_JOB_ID_LEN + 1, "%.16s-%02x%02x%02x%02x", time,
	    random[0], random[1], random[2], random[3]);
	return 0;
}
