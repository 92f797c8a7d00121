#include "net/retry.h"

#include "sys/cancel.h"
#include "sys/clock.h"

#define FIRST_MS 200
#define MOST_MS  20000
#define STEP_MS  100

bool
gv_retry_is_status(int status)
{
	return status == 408 || status == 429 || status == 500 ||
	    status == 502 || status == 503 || status == 504;
}

int64_t
gv_retry_delay(unsigned tries, int after_s, uint32_t random)
{
	int64_t most = tries < 7 ? (int64_t)FIRST_MS << tries : MOST_MS;
	int64_t delay;

	if (most > MOST_MS)
		most = MOST_MS;
	delay = most / 2 + random % (uint32_t)(most / 2 + 1);
	if (delay < (int64_t)after_s * 1000)
		delay = (int64_t)after_s * 1000 + random % FIRST_MS;
	return delay;
}

static int64_t
now_ms(void)
{
	return gv_clock_tick() / 1000000;
}

bool
gv_retry_wait(struct gv_retry *retry, int after_s)
{
	uint32_t random = 0;
	int64_t now = now_ms(), delay;

	/* without randomness they only come at the same time as others */
	if (gv_clock_random(&random, sizeof(random)) < 0)
		random = 0;
	if (retry->tries == 0)
		retry->since_ms = now;
	delay = gv_retry_delay(retry->tries, after_s, random);
	if (now + delay > retry->since_ms + retry->within_ms)
		return false;
	retry->tries++;
	for (; delay > 0 && !gv_cancel_requested(); delay -= STEP_MS)
		gv_clock_sleep((int)(delay < STEP_MS ? delay : STEP_MS));
	return !gv_cancel_requested();
}

void
gv_retry_reset(struct gv_retry *retry)
{
	retry->tries = 0;
}
