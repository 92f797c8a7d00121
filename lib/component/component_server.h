#ifndef GV_COMPONENT_SERVER_H
#define GV_COMPONENT_SERVER_H
/*
 * Which server a restore goes to: that of the component's source and options,
 * whatever the database is called there. Pure.
 *
 *	gv_component_server_target(&out, "host=db1 dbname=orders", "copy");
 *	n = gv_component_server_option(options, n_options);
 */

#include <stddef.h>

struct gv_buf;

/* Append a connection string of PostgreSQL for the database `target` on the
 * server of `source`. Either may be a name alone; a target that is a connection
 * string is taken as it is. 0 or GV_ENOMEM. */
int gv_component_server_target(
    struct gv_buf *out, const char *source, const char *target);

/* How many of the options at `all` say together where the server is: 0 where
 * the first does not, 1, or 2 where its value is the next word. */
size_t gv_component_server_option(const char *const *all, size_t n);

#endif
