-- Parts that merges replaced are removed by one thread, however many they are. From 100 on they were
-- removed by a pool of 128, which the embedded engine keeps for good once it has started it.
ALTER TABLE spans $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE metric_points $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_minute $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_hour $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_day $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_end_user_hour $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_end_user_day $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_dimension_hour $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE spans_by_dimension_day $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
ALTER TABLE span_bounds $on_cluster
    MODIFY SETTING concurrent_part_removal_threshold = 1000000
;
