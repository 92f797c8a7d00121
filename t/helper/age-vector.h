#ifndef AGE_VECTOR_H
#define AGE_VECTOR_H
/* The public test vectors of age, one file each. */

#include <stddef.h>

/* Open what it holds, by what it holds, and print a line: "right", "refused"
 * (an identity of a kind that we do not take) or "wrong", the name, and why.
 * 1 where it is wrong. */
int age_vector(const char *name, const char *data, size_t len);

#endif
