#ifndef AGE_MANY_H
#define AGE_MANY_H
/* Many files with one talk to a plugin, as a vault does it. */

#include <stddef.h>

struct gv_buf;
struct gv_identity_list;
struct gv_recipient;

/* Seal a value `count` times, to the files PREFIX.0, PREFIX.1 and so on. 0, or
 * negative with a message. */
int age_many_seal(const struct gv_recipient *const *to, size_t n, size_t count,
    const struct gv_buf *value, const char *prefix);

/* Open these files by a plugin's identities, the values one behind the other
 * to standard output; of those that it does not open a line goes to standard
 * error. 0, or negative with a message. */
int
age_many_open(const struct gv_identity_list *ids, size_t count, char **paths);

#endif
