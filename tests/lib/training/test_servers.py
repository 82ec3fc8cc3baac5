"""Clusters, servers inside one process, and where a replica puts its nodes; numbers and messages are TensorFlow's."""

import pytest

import autograd_lite as tf

JOBS = {"a": ["h:1", "h:2"], "b": {3: "h:5"}}


def test_a_cluster_knows_its_jobs_and_tasks():
    cluster = tf.train.ClusterSpec(JOBS)
    assert cluster.as_dict() == JOBS
    assert repr(cluster) == "ClusterSpec({'a': ['h:1', 'h:2'], 'b': {3: 'h:5'}})"
    assert cluster.jobs == ["a", "b"]
    assert cluster.job_tasks("b") == [None, None, None, "h:5"]
    assert cluster.task_indices("b") == [3]
    assert cluster.num_tasks("a") == 2
    assert cluster.task_address("a", 1) == "h:2"
    assert bool(cluster)
    assert not tf.train.ClusterSpec({})


def test_a_cluster_comes_back_from_its_message():
    cluster = tf.train.ClusterSpec(JOBS)
    assert tf.train.ClusterSpec(cluster.as_cluster_def()) == cluster
    assert tf.train.ClusterSpec(cluster) == cluster
    assert cluster != tf.train.ClusterSpec({"a": ["h:1"]})


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        (3, "`cluster` must be a dictionary mapping one or more job names to lists of network addresses"),
        ({"a": 3}, "The tasks for job 'a' must be a list or a dictionary from integers to strings."),
        ({"a": [3]}, "Task address 3 must be bytes or unicode"),
        ({"a": {"x": "h:1"}}, "must be integers"),
    ],
)
def test_what_is_no_cluster_is_refused(cluster, message):
    with pytest.raises(TypeError, match=message):
        tf.train.ClusterSpec(cluster)


def test_jobs_and_tasks_that_are_not_there_are_told():
    cluster = tf.train.ClusterSpec(JOBS)
    with pytest.raises(ValueError, match="No such job in cluster: 'c'"):
        cluster.num_tasks("c")
    with pytest.raises(ValueError, match="No task with index 1 in job 'b'"):
        cluster.task_address("b", 1)


def test_a_server_must_know_its_job_and_task():
    train = tf.train
    with pytest.raises(ValueError, match="Must specify an explicit `job_name`."):
        train.Server({"a": ["localhost:0"], "b": ["localhost:0"]})
    with pytest.raises(ValueError, match="Must specify an explicit `task_index`."):
        train.Server({"a": ["localhost:0", "localhost:1"]})
    with pytest.raises(ValueError, match="No such job in cluster: 'b'"):
        train.Server({"a": ["localhost:0"]}, job_name="b")
    with pytest.raises(TypeError, match="Could not convert `server_or_cluster_def`"):
        train.Server(3)


def test_sessions_of_one_server_share_variables_and_those_of_another_do_not():
    w = tf.Variable(1.0)
    server, other = tf.train.Server.create_local_server(), tf.train.Server.create_local_server()
    assert server.target.startswith("grpc://localhost:")
    assert server.target != other.target
    with tf.Session(server.target) as session:
        session.run(w.initializer)
        session.run(w.assign_add(2.0))
    with tf.Session(server.target) as session:
        assert session.run(w) == 3.0
    with tf.Session(other.target) as session, pytest.raises(tf.errors.FailedPreconditionError):
        session.run(w)


def test_servers_of_one_cluster_share_variables():
    cluster = tf.train.ClusterSpec({"ps": ["localhost:2222"], "worker": ["localhost:2223"]})
    servers = [tf.train.Server(cluster, job_name=job, task_index=0) for job in ("ps", "worker")]
    assert servers[1].target == "grpc://localhost:2223"
    assert servers[1].server_def.job_name == "worker"
    with tf.device("/job:ps/task:0"):
        w = tf.Variable(1.0)
    with tf.Session(servers[0].target) as session:
        session.run(w.initializer)
    with tf.Session(servers[1].target) as session:
        assert session.run(w * 2.0) == 2.0


def test_a_target_without_a_server_is_refused():
    server = tf.train.Server.create_local_server(start=False)
    with pytest.raises(tf.errors.NotFoundError, match="No session factory registered"):
        tf.Session(server.target)
    server.start()
    tf.Session(server.target).close()


def test_variables_go_to_the_parameter_servers_in_turns_and_the_rest_to_the_worker():
    with tf.device(tf.train.replica_device_setter(ps_tasks=2)):
        variables = [tf.Variable(1.0) for _ in range(3)]
        constant = tf.constant(1)
    assert [variable.device for variable in variables] == ["/job:ps/task:0", "/job:ps/task:1", "/job:ps/task:0"]
    assert constant.device == "/job:worker"


def test_the_number_of_parameter_servers_comes_from_the_cluster():
    cluster = tf.train.ClusterSpec({"ps": ["a:1"], "worker": ["b:2"]})
    with tf.device(tf.train.replica_device_setter(cluster=cluster, worker_device="/job:worker/task:3/gpu:1")):
        w = tf.Variable(1.0)
        with tf.device("/gpu:0"):
            c = tf.constant(1)
    assert (w.device, c.device) == ("/job:ps/task:0", "/job:worker/task:3/device:GPU:0")
    assert (w.initializer.device, w.value().device) == ("/job:ps/task:0", "/job:ps/task:0")
    assert tf.train.replica_device_setter() is None
    assert tf.train.replica_device_setter(cluster={"worker": ["a:1"]}) is None


def test_a_strategy_of_ones_own_chooses_the_server():
    with tf.device(tf.train.replica_device_setter(ps_tasks=3, ps_strategy=lambda op: 2)):
        assert tf.Variable(1.0).device == "/job:ps/task:2"
    with pytest.raises(TypeError, match="ps_strategy must be callable"):
        tf.train.replica_device_setter(ps_tasks=1, ps_strategy=3)
