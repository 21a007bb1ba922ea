// The library's enumerations as option values: their cases list themselves in help and errors.
public import ArgumentParser
public import EarlyExit
public import SparseCore
public import SparseLayers

extension Activation.Function: ExpressibleByArgument {}
extension Backend: ExpressibleByArgument {}
extension BoundaryPayload: ExpressibleByArgument {}
extension DatasetSource: ExpressibleByArgument {}
extension DensityPolicy: ExpressibleByArgument {}
extension Loss: ExpressibleByArgument {}
extension SweepSettings.Part: ExpressibleByArgument {}
extension StorageForm: ExpressibleByArgument {}
