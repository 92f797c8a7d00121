#ifndef GV_STACK_H
#define GV_STACK_H
/*
 * What the stack is called whose state a file is, where nobody says it: by the
 * file's path, so that no two files that are there share one, and as a
 * component of a ref. Which files are states is for statefile.h; of which
 * environment one is, for who asks.
 *
 *	gv_statefile_parse(&file, "envs/prod/net/terraform.tfstate");
 *	r = gv_stack_of(name, &file);			"envs.prod.net"
 *	gv_stack_dir(&dir, name);			"envs/prod/net"
 */

#include <stdbool.h>

struct gv_buf;
struct gv_statefile;

#define GV_STACK_NAME 65 /* characters at most, and the NUL */

/* The name: "default" at the top of the working tree, else the directory with a
 * '.' for each '/', and behind it what else tells states apart:
 *
 *	a/terraform.tfstate				a
 *	a/b/other.tfstate				a.b.other_2etfstate
 *	a/terraform.tfstate.d/blue/terraform.tfstate	a.-blue
 *	a/.pulumi/stacks/web/prod.json			a.-pulumi.web.prod
 *
 * What is no letter, digit, '-' or '_' is written as '_' and two digits, as is
 * a '_' that could be read so and a '-' that a component begins with. What
 * becomes no good name so, is too long, or is "default" without being it, is
 * cut, and "_00" and 16 digits of a sum of the whole stand behind it. 0 or
 * GV_ENOMEM. */
int gv_stack_of(char out[GV_STACK_NAME], const struct gv_statefile *file);

/* Append the directory of the file that a name was made of; "" is the top.
 * Whether the name tells it: not where it was cut. Of a name that was made
 * otherwise it means nothing. A failure is kept in `out`. */
bool gv_stack_dir(struct gv_buf *out, const char *stack);

#endif
