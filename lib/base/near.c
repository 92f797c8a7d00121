#include "base/near.h"

#include "base/distance.h"

#define MOST  2 /* edits */
#define SHORT 4 /* a word of fewer bytes is like too many others */

struct gv_near
gv_near_to(const char *typed, size_t len)
{
	const size_t most = len < SHORT ? 1 : MOST;

	/* fewer edits than bytes, or nothing of the word is left */
	return (struct gv_near){
		.typed = typed, .len = len, .least = most < len ? most + 1 : len
	};
}

struct gv_near
gv_near_within(const char *typed, size_t len, size_t most)
{
	return (
	    struct gv_near){ .typed = typed, .len = len, .least = most + 1 };
}

bool
gv_near_add(struct gv_near *near, const char *name, size_t len)
{
	size_t d;

	if (near->least <= 1)
		return false;
	d = gv_distance(name, len, near->typed, near->len, near->least - 1);
	if (d == 0 || d >= near->least)
		return false;
	near->least = d;
	near->name = name;
	near->name_len = len;
	return true;
}
