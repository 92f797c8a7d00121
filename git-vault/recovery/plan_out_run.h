#ifndef PLAN_OUT_RUN_H
#define PLAN_OUT_RUN_H
/*
 * The small forms that plans and their runs are printed in.
 *
 *	gv_plan_out_span(text, 5400);	"90m"
 */

#include <stdint.h>

#include "git-vault/front/out.h"

/* A number of seconds, short. */
void gv_plan_out_span(char out[32], int64_t seconds);

/* The same of milliseconds, with a tenth where it is short. */
void gv_plan_out_ms(char out[32], int64_t ms);

/* The colour of "passed", "failed", others; of NULL none. */
enum gv_out_slot gv_plan_out_slot(const char *result);

#endif
