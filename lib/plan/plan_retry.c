#include "plan/plan_retry.h"

#include "plan/plan.h"

#define LONGEST ((int64_t)86400) /* where the plan says nothing */

int64_t
gv_plan_retry_delay(const struct gv_plan_retry *retry, unsigned tries)
{
	const int64_t most = retry->max_delay ? retry->max_delay : LONGEST;
	int64_t delay = retry->delay;

	while (--tries && delay < most)
		delay *= retry->backoff > 1 ? retry->backoff : 1;
	return delay < most ? delay : most;
}
