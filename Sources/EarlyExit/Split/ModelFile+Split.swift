internal import SparseCore
public import SparseLayers

extension ModelFile {
  /// Cuts a model into a file for the edge and one for the remote machine.
  ///
  /// Thresholds and temperatures go with their exits; the last exit of the edge part keeps its
  /// threshold, since samples go on from there.
  ///
  /// - Parameter cut: The hidden layers that the edge part has.
  /// - Returns: Both files' content, with the same identity.
  /// - Throws: `SparseError.Code.invalidArgument` when the network cannot be cut there, `unsupported`
  ///   when the model is a part already.
  public func split(afterHiddenLayers cut: Int) throws -> (edge: ModelFile, remote: ModelFile) {
    guard split == nil else {
      throw SparseError(
        .unsupported, "The model is one part of a larger one already. Split the whole model.")
    }
    let (edgeNetwork, remoteNetwork) = try network.split(afterHiddenLayers: cut)
    let identity = try splitIdentity(cut)
    guard let last = network.branches.last else {
      throw SparseError(.unsupported, "The network has no output, so there is nothing to split.")
    }
    let output = SplitDescription.Output(
      branch: last.name, task: last.task,
      size: last.outputSize,
      exit: network.exits.count - 1)
    func part(_ part: SplitDescription.Part, _ network: Network) -> ModelFile {
      var file = ModelFile(
        network: network, training: training, data: data, experiment: experiment)
      file.split = SplitDescription(
        part: part, hiddenLayers: cut, boundaryFeatures: remoteNetwork.inputSize,
        identity: identity, output: output)
      file.boundaryRanges = boundaryRanges.filter { $0.hiddenLayers == cut }
      file.storageForm = storageForm
      return file
    }
    var edge = part(.edge, edgeNetwork)
    var remote = part(.remote, remoteNetwork)
    // The remote part is fed with what crosses the cut.
    remote.data.featureCount = remoteNetwork.inputSize
    remote.data.featureNames = nil
    if let settings = exitSettings {
      let early = edgeNetwork.exits.count
      if early > 0 { edge.exitSettings = settings.part(0..<early, thresholds: 0..<early) }
      remote.exitSettings = settings.part(
        early..<settings.temperatures.count, thresholds: early..<settings.thresholds.count)
    }
    return (edge, remote)
  }

  /// Takes a remote part apart, one file for each task, so that several machines can share the work.
  ///
  /// - Returns: The tasks, in the order of their heads, and the file of each; all of one identity.
  /// - Throws: `SparseError.Code.unsupported` when the model is not a remote part.
  public func separatedByTask() throws -> [(task: String, file: ModelFile)] {
    guard split?.part == .remote else {
      throw SparseError(
        .unsupported, "Only a remote part is taken apart by tasks; this is \(split.kindText).")
    }
    let main = network.branches.last?.task
    var tasks: [String] = []
    for branch in network.branches where !tasks.contains(branch.task) { tasks.append(branch.task) }
    return try tasks.map { task in
      var file = self
      file.network = try network.part(ofTask: task)
      // Thresholds are those of the main task's exits.
      if task != main { file.exitSettings = nil }
      return (task, file)
    }
  }

  /// Checks that two files are the two parts of one network.
  ///
  /// - Parameter remote: The other part; this one is the edge's.
  /// - Throws: `SparseError.Code.shapeMismatch` when they do not belong together.
  public func requireCounterpart(_ remote: ModelFile) throws {
    guard let own = split, own.part == .edge, let other = remote.split, other.part == .remote else {
      throw SparseError(
        .shapeMismatch,
        """
        An edge part and a remote part are needed, but there are \(split.kindText) and \
        \(remote.split.kindText). Make both by splitting one whole model.
        """)
    }
    guard own.identity == other.identity else {
      throw SparseError(
        .shapeMismatch,
        """
        The edge part is of the network \(own.identity.prefix(12))…, cut after \(own.hiddenLayers) \
        hidden layers, and the remote part of \(other.identity.prefix(12))…, cut after \
        \(other.hiddenLayers). Use the two parts of one split.
        """)
    }
  }

  /// The SHA-256 of everything that both parts must agree on.
  private func splitIdentity(_ cut: Int) throws -> String {
    var digest = try SHA256Digest()
    let file = try safetensors(form: .columns)
    // Sizes and names of all arrays are in the architecture.
    try digest.update(Array((file.metadata["architecture"] ?? "").utf8))
    for tensor in file.tensors { try digest.update(tensor.bytes) }
    try digest.update(littleEndian: [UInt64(cut)])
    return try digest.finalize()
  }
}

extension ExitSettings {
  /// The settings of some of the exits.
  fileprivate func part(_ exits: Range<Int>, thresholds range: Range<Int>) -> ExitSettings {
    ExitSettings(
      rule: rule, temperatures: Array(temperatures[exits]),
      thresholds: Array(thresholds[range]), calibration: calibration)
  }
}

extension SplitDescription? {
  fileprivate var kindText: String {
    switch self?.part {
    case .edge: "an edge part"
    case .remote: "a remote part"
    case nil: "a whole model"
    }
  }
}
